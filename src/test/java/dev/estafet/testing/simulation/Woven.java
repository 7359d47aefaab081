package dev.estafet.testing.simulation;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.EstafetConfig.Member;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.node.Decision;
import dev.estafet.node.Following;
import dev.estafet.node.Node;
import dev.estafet.operation.Operation;
import dev.estafet.operation.Phase;
import dev.estafet.operation.Run;
import dev.estafet.postgres.Installation;
import dev.estafet.postgres.LocalConnections;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.PgControlData;
import dev.estafet.postgres.PgRewind;
import dev.estafet.postgres.PgWalDump;
import dev.estafet.postgres.TimelineHistory;
import dev.estafet.postgres.WalFiles;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;

/** Where {@link Weaver} leads the production code: simulated time, threads, locks, processes and peers. */
public final class Woven {

    /** The rule that this loader's production code breaks. */
    static Mutation MUTATION = Mutation.NONE;

    private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");

    private Woven() {}

    static World world() {
        return World.current();
    }

    /** The service whose code runs. */
    static Service service() {
        return (Service) world().task().life;
    }

    // ---- time

    public static long nanoTime() {
        return world().now();
    }

    public static Instant now() {
        var world = world();
        return EPOCH.plusNanos(world.now() + ((Service) world.task().life).machine.clockError);
    }

    /** Asks a service's code for what it has in memory, from outside its tasks. */
    static <T> T as(Service service, Supplier<T> question) {
        return world().as(new World.Task(service), question);
    }

    public static void parkNanos(long nanos) {
        world().pass(nanos + world().random.nextLong(50 * World.MICRO));
    }

    // ---- chance and order

    public static int nextInt(SecureRandom any, int bound) {
        return world().random.nextInt(bound);
    }

    /** The JDK's own are in another order in each run of it. */
    public static <K, V> Map<K, V> of() {
        return new TreeMap<>();
    }

    public static <K, V> Map<K, V> of(K k1, V v1) {
        return Map.of(k1, v1);
    }

    public static <K, V> Map<K, V> of(K k1, V v1, K k2, V v2, K k3, V v3) {
        var map = new TreeMap<K, V>();
        map.put(k1, v1);
        map.put(k2, v2);
        map.put(k3, v3);
        return map;
    }

    public static Map<Object, Object> of(
            Object k1,
            Object v1,
            Object k2,
            Object v2,
            Object k3,
            Object v3,
            Object k4,
            Object v4,
            Object k5,
            Object v5) {
        return Map.of(k1, v1, k2, v2, k3, v3, k4, v4, k5, v5);
    }

    // ---- threads and locks

    public static void enter(Object owner) {
        if (!world().task().isLooking()) {
            service().monitors.of(owner).enter();
        }
    }

    public static void exit(Object owner) {
        if (!world().task().isLooking()) {
            service().monitors.of(owner).exit();
        }
    }

    /** Of simulated threads. */
    public static final class Lock extends ReentrantLock {
        private static final long serialVersionUID = 1L;
        private final transient Monitor monitor = new Monitor();

        @Override
        public void lock() {
            monitor.enter();
        }

        @Override
        public void unlock() {
            monitor.exit();
        }
    }

    public static Thread start(Thread.Builder.OfPlatform any, Runnable body) {
        return start(body);
    }

    public static Thread start(Thread.Builder.OfVirtual any, Runnable body) {
        return start(body);
    }

    private static Thread start(Runnable body) {
        var service = service();
        world().spawn(service, () -> {
            try {
                body.run();
            } catch (RuntimeException failure) {
                service.machine.cluster.invariants.onUnexpected(service.machine, failure);
            }
        });
        return Thread.currentThread();
    }

    public static ExecutorService newVirtualThreadPerTaskExecutor() {
        return new Executor();
    }

    private static final class Executor extends AbstractExecutorService {

        private final List<Result<?>> results = new ArrayList<>();

        @Override
        public <T> Future<T> submit(Callable<T> work) {
            var result = new Result<T>();
            results.add(result);
            world().spawn(service(), () -> {
                try {
                    result.done(work.call(), null);
                } catch (Exception failure) {
                    result.done(null, failure);
                }
            });
            return result;
        }

        @Override
        public void close() {
            results.forEach(Result::await);
        }

        @Override
        public void execute(Runnable work) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void shutdown() {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Runnable> shutdownNow() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isShutdown() {
            return false;
        }

        @Override
        public boolean isTerminated() {
            return false;
        }

        @Override
        public boolean awaitTermination(long timeOut, TimeUnit unit) {
            throw new UnsupportedOperationException();
        }
    }

    private static final class Result<T> implements Future<T> {

        private boolean isDone;
        private T value;
        private Exception failure;
        private World.Task waiting;

        void done(T result, Exception problem) {
            isDone = true;
            value = result;
            failure = problem;
            if (waiting != null) {
                world().unpark(waiting);
            }
        }

        void await() {
            while (!isDone) {
                waiting = world().task();
                world().park(Long.MAX_VALUE);
            }
        }

        @Override
        public T get() throws ExecutionException {
            await();
            if (failure != null) {
                throw new ExecutionException(failure);
            }
            return value;
        }

        @Override
        public T get(long timeOut, TimeUnit unit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean cancel(boolean interrupt) {
            throw new CancellationException();
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public boolean isDone() {
            return isDone;
        }
    }

    // ---- files, JSON, peers

    public static FileChannel open(Path path, OpenOption... options) throws IOException {
        if (!service().machine.disk.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
        return new WovenFiles.Channel(path);
    }

    public static long getUsableSpace(File file) {
        return service().machine.diskFails() ? 0 : Long.MAX_VALUE;
    }

    public static ObjectMapper lenient(ObjectMapper mapper) {
        return mapper;
    }

    public static Node of(URI service, Object credentials, ObjectMapper json, Duration connect, Duration read) {
        return Calls.client(service(), service, connect, read);
    }

    // ---- PostgreSQL

    private static final ProcessHandle.Info INFO = (ProcessHandle.Info) Proxy.newProxyInstance(
            Woven.class.getClassLoader(),
            new Class<?>[] {ProcessHandle.Info.class},
            (proxy, method, arguments) -> Optional.of("/bin/postgres"));

    private static final ProcessHandle PROCESS = (ProcessHandle) Proxy.newProxyInstance(
            Woven.class.getClassLoader(),
            new Class<?>[] {ProcessHandle.class},
            (proxy, method, arguments) -> method.getName().equals("isAlive") ? Boolean.TRUE : INFO);

    public static Optional<ProcessHandle> of(long pid) {
        var server = service().machine.server;
        return server.isRunning() && server.pid == pid ? Optional.of(PROCESS) : Optional.empty();
    }

    public static String run(List<String> command, Duration timeOut) {
        var service = service();
        var server = service.machine.server;
        var world = world();
        Faults.step(service);
        world.pass(world.skewed(World.MILLI, 20 * World.MILLI));
        world.trace(service.machine.name, () -> "pg_ctl " + command.get(1));
        switch (command.get(1)) {
            case "status" -> require(server.isRunning(), "no server running");
            case "reload" -> {
                require(server.isRunning(), "no server running");
                server.reload();
            }
            case "stop" -> {
                require(server.isRunning(), "no server running");
                if (command.contains("immediate")) {
                    server.stopImmediately();
                } else {
                    server.stopFast();
                }
            }
            case "start" -> {
                require(!server.isRunning(), "another server might be running");
                server.start();
                require(server.await(timeOut.toNanos(), server::isAnswering), "server did not start in time");
            }
            default -> throw new AssertionError("the simulation does not know: " + command);
        }
        return "";
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new Problem(Kind.COMMAND_FAILED, message, "").raised();
        }
    }

    public static Optional<String> whyNoReplicationLogin(LocalConnections from, Member to) {
        var machine = service().machine;
        var target = machine.cluster.machine(to.host());
        Faults.step(service());
        world().pass(machine.cluster.network.latency());
        return machine.cluster.network.reaches(machine, target) && target.server.isAnswering()
                ? Optional.empty()
                : Optional.of("it does not answer");
    }

    public static Optional<Lsn> endOfWal(
            PgWalDump tool, WalFiles files, PgControlData control, TimelineHistory history) {
        var wal = service().machine.server.wal;
        return Optional.of(new Lsn(wal.end(wal.size())));
    }

    public static boolean hasRestoreCommand(PgRewind tool) {
        return false;
    }

    public static void letMembersIn(Following following) {
        // Everybody is let in.
    }

    // ---- rules that are broken

    public static boolean mutatedEquals(String one, Object other) {
        return true;
    }

    public static void mutatedMarkAsStandby(Installation installation) {
        // It is not.
    }

    public static boolean mutatedIsPrimaryAgain(Object demotion) {
        return false;
    }

    public static PgControlData.State mutatedState(PgControlData data) {
        return PgControlData.State.SHUT_DOWN;
    }

    public static boolean mutatedIsAfter(Lsn one, Lsn other) {
        return one.compareTo(other) >= 0;
    }

    public static boolean mutatedIsJournaled(Phase<?> phase) {
        return phase.isJournaled() && !phase.isDecision();
    }

    public static boolean mutatedIsDecision(Phase<?> phase) {
        return phase.name().equals("follow");
    }

    public static boolean mutatedIsCommitted(Run run) {
        return false;
    }

    public static void mutatedSettle(Object journal, Operation operation) {
        // It is not.
    }

    /** Of one that has ended nobody would take part: it is said once all have given their word. */
    public static boolean mutatedIsRunning(Operation operation) {
        return operation.isRunning() && operation.phases().size() < 2;
    }

    public static Object mutatedAskBriefly(
            dev.estafet.cluster.Cluster cluster, String name, Function<Node, ?> question) {
        try {
            return cluster.askBriefly(name, question);
        } catch (ProblemException silent) {
            return Decision.ABORTED;
        }
    }

    public static Object mutatedOrElse(Optional<?> known, Object other) {
        return known.isPresent() ? known.get() : Decision.ABORTED;
    }
}
