package dev.estafet.testing.simulation;

import dev.estafet.ProblemException;
import dev.estafet.node.Node;
import dev.estafet.testing.simulation.World.Task;
import jakarta.ws.rs.ProcessingException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.time.Duration;

/** Calls between services, as REST over the simulated network. */
final class Calls {

    private Calls() {}

    /** No answer came. */
    static final class NoAnswer extends ProcessingException {
        private static final long serialVersionUID = 1L;

        NoAnswer(String message) {
            super(message);
        }

        @Override
        public Throwable fillInStackTrace() {
            return this;
        }
    }

    /** One call on its way. */
    static final class Call {
        private final World world;
        private final Task caller;
        private boolean isAnswered;
        private Object answer;
        private RuntimeException failure;

        Call(World world) {
            this.world = world;
            this.caller = world.task();
        }

        private void answered(Object value, RuntimeException problem) {
            if (!isAnswered) {
                isAnswered = true;
                answer = value;
                failure = problem;
                world.unpark(caller);
            }
        }

        void broken(String why) {
            world.in(world.random.nextLong(World.MILLI), () -> answered(null, new NoAnswer(why)));
        }
    }

    /** A peer's verbs, called from the service whose task runs. */
    static Node client(Service from, URI address, Duration connect, Duration read) {
        var to = from.machine.cluster.machine(address.getHost());
        return (Node) Proxy.newProxyInstance(
                Node.class.getClassLoader(), new Class<?>[] {Node.class}, (proxy, method, args) -> {
                    if (method.getDeclaringClass() == Object.class) {
                        return method.getName().equals("toString") ? "peer " + to.name : null;
                    }
                    return call(
                            from, to, method, args == null ? new Object[0] : args, connect.toNanos(), read.toNanos());
                });
    }

    private static Object call(Service from, Machine to, Method method, Object[] arguments, long connect, long read) {
        var world = from.machine.world;
        var network = from.machine.cluster.network;
        Faults.step(from);
        if (!network.reaches(from.machine, to) || !network.reaches(to, from.machine)) {
            world.pass(connect);
            throw new NoAnswer("connect timed out");
        }
        world.trace(from.machine.name, () -> "-> " + to.name + " " + method.getName() + told(arguments));
        var call = new Call(world);
        if (!network.loses()) {
            world.in(network.delay(), () -> arrive(from, to, method, arguments, call));
        }
        if (network.repeats()) {
            world.in(network.delay(), () -> arrive(from, to, method, arguments, call));
        }
        if (!world.park(read)) {
            call.isAnswered = true;
            world.trace(from.machine.name, () -> to.name + " does not answer " + method.getName());
            throw new NoAnswer("read timed out");
        }
        if (call.failure != null) {
            var failure = call.failure;
            world.trace(
                    from.machine.name, () -> to.name + " answers " + method.getName() + ": " + failure.getMessage());
            throw failure;
        }
        return call.answer;
    }

    private static String told(Object[] arguments) {
        return arguments.length == 0 || arguments[0] instanceof Record ? "" : " " + arguments[0];
    }

    private static void arrive(Service from, Machine to, Method method, Object[] arguments, Call call) {
        var network = to.cluster.network;
        if (!network.reaches(from.machine, to)) {
            return;
        }
        var service = to.service;
        if (service == null || !service.isListening) {
            call.broken("Connection refused");
            return;
        }
        service.calls.add(call);
        to.world.spawn(service, () -> {
            Object answer = null;
            RuntimeException failure = null;
            try {
                answer = Service.invoke(method, service.node(), arguments);
            } catch (ProblemException known) {
                failure = known.problem().raised();
            } catch (RuntimeException other) {
                to.cluster.invariants.onFailedCall(to, other);
                failure = ProblemException.of(other).raised();
            }
            service.calls.remove(call);
            if (!network.loses()) {
                var value = answer;
                var problem = failure;
                to.world.in(network.delay(), () -> {
                    if (network.reaches(to, from.machine)) {
                        call.answered(value, problem);
                    }
                });
            }
        });
    }
}
