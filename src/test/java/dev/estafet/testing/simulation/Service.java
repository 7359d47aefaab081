package dev.estafet.testing.simulation;

import dev.estafet.ProblemException;
import dev.estafet.node.Enlistment;
import dev.estafet.node.Enlistments;
import dev.estafet.node.LocalNode;
import dev.estafet.node.Prober;
import dev.estafet.operation.Operation;
import dev.estafet.operation.Operations;
import dev.estafet.operation.Settlement;
import dev.estafet.switchover.Switchovers;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One life of a machine's Estafet service: the production classes, and what the container does for them. */
final class Service extends World.Life {

    final Machine machine;
    final Monitor.Table monitors = new Monitor.Table();
    /** Calls whose caller waits for this service's answer. */
    final List<Calls.Call> calls = new ArrayList<>();

    private final World world;
    private final Beans beans;
    boolean isListening;

    Service(Machine machine) {
        this.machine = machine;
        this.world = machine.world;
        this.beans = new Beans(this);
        world.spawn(this, this::start);
    }

    private void start() {
        world.pass(world.between(World.MILLI, 20 * World.MILLI));
        try {
            beans.makeAll();
            beans.fire(new StartupEvent());
        } catch (RuntimeException failure) {
            world.trace(machine.name, () -> "the service does not start: " + failure);
            machine.service = null;
            alive = false;
            machine.cluster.invariants.onFailedStart(machine, failure);
            return;
        }
        isListening = true;
        for (var loop : beans.scheduled()) {
            schedule(loop);
        }
    }

    private void schedule(Beans.Loop loop) {
        world.in(world.random.nextLong(30 * World.MILLI), () -> repeat(loop));
    }

    private void repeat(Beans.Loop loop) {
        if (!alive) {
            return;
        }
        world.spawn(this, () -> {
            run(loop);
            world.in(World.SECOND - world.random.nextLong(World.MILLI), () -> repeat(loop));
        });
    }

    private void run(Beans.Loop loop) {
        try {
            invoke(loop.method(), loop.bean());
        } catch (ProblemException expected) {
            world.trace(machine.name, () -> loop.method().getName() + ": " + expected.getMessage());
        } catch (RuntimeException failure) {
            machine.cluster.invariants.onUnexpected(machine, failure);
        }
    }

    static Object invoke(Method method, Object bean, Object... arguments) {
        try {
            return method.invoke(bean, arguments);
        } catch (InvocationTargetException failure) {
            if (failure.getCause() instanceof RuntimeException known) {
                throw known;
            }
            if (failure.getCause() instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException(failure);
        } catch (IllegalAccessException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Who waits for an answer hears at once that the connection is gone, or, after a power cut, nothing. */
    void kill(boolean isNoticed) {
        alive = false;
        if (isNoticed) {
            List.copyOf(calls).forEach(call -> call.broken("Connection reset"));
        }
    }

    <T> T bean(Class<T> type) {
        return beans.get(type);
    }

    LocalNode node() {
        return bean(LocalNode.class);
    }

    Operations operations() {
        return bean(Operations.class);
    }

    Prober prober() {
        return bean(Prober.class);
    }

    Switchovers switchovers() {
        return bean(Switchovers.class);
    }

    Settlement settlement() {
        return bean(Settlement.class);
    }

    /** What {@code GET /writable} would answer now. */
    boolean isWritable() {
        return Woven.as(this, () -> prober().current().isWritable());
    }

    /** The one that it drives now. */
    Optional<Operation> operation() {
        return Woven.as(this, () -> operations().current());
    }

    Optional<Enlistment> enlistment() {
        return bean(Enlistments.class).current();
    }

    boolean isEnlisted() {
        return enlistment().isPresent();
    }

    boolean isDemoted() {
        return enlistment().filter(Enlistment::isDemoted).isPresent();
    }

    String standing() {
        return enlistment()
                        .map(it -> ", " + it.stage() + " in " + it.operation())
                        .orElse("")
                + operation().map(it -> ", drives " + it.id()).orElse("");
    }

    static boolean isScheduled(Method method) {
        return method.isAnnotationPresent(Scheduled.class);
    }
}
