package dev.estafet.traffic;

import dev.estafet.EstafetConfig;
import dev.estafet.node.LabelChanged;
import dev.estafet.node.NodeState;
import dev.estafet.node.Prober;
import dev.estafet.node.Trouble;
import dev.estafet.node.Troubles;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells HAProxy of this node's changes in the moment in which they happen, so that a switchover waits for no check. What is
 * set is the server's <em>health</em>, which is what its checks set, too: so after a restart of HAProxy, or where a push was
 * lost or came late, the next check puts it right. Its administrative state is left to people.
 *
 * <p>A push is a thread of its own and delays nobody.
 */
@Singleton
class HaproxyPush {

    private static final Logger LOG = Logger.getLogger(HaproxyPush.class);
    private static final String TROUBLE = "haproxy-push-fails";
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final EstafetConfig config;
    private final Prober prober;
    private final Routing routing;
    private final Troubles troubles;
    private final List<Target> targets;

    HaproxyPush(EstafetConfig config, Prober prober, Routing routing, Troubles troubles) {
        this.config = config;
        this.prober = prober;
        this.routing = routing;
        this.troubles = troubles;
        this.targets = config.haproxy().sockets().orElse(List.of()).stream()
                .map(HaproxySocket::new)
                .map(Target::new)
                .toList();
    }

    void onChange(@Observes LabelChanged change) {
        targets.forEach(Target::refresh);
    }

    /** What changes without the label, such as the lag; and what could not be pushed before. */
    @Scheduled(every = "${estafet.probe.interval:1s}")
    @RunOnVirtualThread
    void look() {
        targets.forEach(Target::refresh);
    }

    /** Whether this node serves writes and reads. */
    private record Health(boolean writes, boolean reads) {}

    private Health health(NodeState state) {
        var limit = config.lag().read().asLongValue();
        return new Health(
                state.isWritable(), routing.whyNoReadStandby(state, limit).isEmpty());
    }

    private List<String> commands(Health now, @Nullable Health told) {
        var commands = new ArrayList<String>();
        if (told == null || told.writes() != now.writes()) {
            commands.addAll(commands(config.haproxy().writeBackend(), now.writes()));
        }
        if (told == null || told.reads() != now.reads()) {
            commands.addAll(commands(config.haproxy().readBackend(), now.reads()));
        }
        return commands;
    }

    private List<String> commands(String backend, boolean up) {
        var server = backend + "/" + config.node();
        return up
                ? List.of("set server %s health up".formatted(server))
                : List.of("set server %s health down".formatted(server), "shutdown sessions server " + server);
    }

    /** One HAProxy, and what it was told last. */
    private final class Target {

        private final HaproxySocket socket;
        private final AtomicBoolean wanted = new AtomicBoolean();
        private final AtomicBoolean busy = new AtomicBoolean();
        private volatile @Nullable Health told;
        private volatile boolean failing;

        Target(HaproxySocket socket) {
            this.socket = socket;
        }

        /** Pushes what has changed; while a push is under way, the next one begins at its end. */
        void refresh() {
            wanted.set(true);
            if (busy.compareAndSet(false, true)) {
                Thread.ofVirtual().name("push to " + socket.name()).start(this::pushAll);
            }
        }

        private void pushAll() {
            try {
                while (wanted.getAndSet(false)) {
                    push();
                }
            } finally {
                busy.set(false);
            }
            if (wanted.get()) {
                refresh();
            }
        }

        private void push() {
            var now = health(prober.current());
            var commands = commands(now, told);
            if (commands.isEmpty()) {
                return;
            }
            try {
                var complaint = withinPatience(commands);
                if (!complaint.isEmpty()) {
                    throw new IOException("HAProxy says: " + complaint);
                }
                told = now;
                succeeded();
            } catch (IOException failure) {
                told = null;
                failed(failure);
            }
        }

        private String withinPatience(List<String> commands) throws IOException {
            try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
                var answer = executor.submit(() -> socket.run(commands));
                try {
                    return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                } catch (TimeoutException late) {
                    answer.cancel(true);
                    throw new IOException("it does not answer within %d s".formatted(PATIENCE.toSeconds()), late);
                } catch (InterruptedException interrupted) {
                    answer.cancel(true);
                    Thread.currentThread().interrupt();
                    throw new IOException(interrupted);
                }
            } catch (ExecutionException failure) {
                throw new IOException(failure.getCause());
            }
        }

        private void succeeded() {
            if (failing) {
                failing = false;
                LOG.infof("HAProxy at %s takes what is pushed again", socket.name());
                tell();
            }
        }

        private void failed(IOException failure) {
            if (!failing) {
                failing = true;
                LOG.warnf("Nothing can be pushed to HAProxy at %s: %s", socket.name(), failure.getMessage());
                tell();
            }
        }
    }

    private synchronized void tell() {
        var failing = targets.stream()
                .filter(it -> it.failing)
                .map(it -> it.socket.name())
                .toList();
        if (failing.isEmpty()) {
            troubles.takeBack(TROUBLE);
            return;
        }
        troubles.tell(new Trouble(
                TROUBLE,
                "Nothing can be pushed to HAProxy at %s; its checks decide.".formatted(String.join(", ", failing)),
                "See that it runs with a stats socket of level admin there, and with servers %1$s/%2$s and %3$s/%2$s."
                        .formatted(
                                config.haproxy().writeBackend(),
                                config.node(),
                                config.haproxy().readBackend())));
    }
}
