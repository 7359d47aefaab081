package dev.estafet.testing.simulation;

import dev.estafet.testing.simulation.World.Task;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;

/** A lock of simulated tasks, reentrant; whose holder has crashed it is never released, as its memory is gone too. */
final class Monitor {

    private Task holder;
    private int depth;
    private final Deque<Task> waiting = new ArrayDeque<>(2);

    void enter() {
        var world = World.current();
        var task = world.task();
        while (holder != null && holder != task) {
            waiting.add(task);
            world.park(Long.MAX_VALUE);
        }
        holder = task;
        depth++;
    }

    void exit() {
        if (--depth == 0) {
            holder = null;
            var next = waiting.poll();
            if (next != null) {
                World.current().unpark(next);
            }
        }
    }

    /** The monitors of a service's objects. */
    static final class Table {
        private final Map<Object, Monitor> of = new IdentityHashMap<>();

        Monitor of(Object owner) {
            return of.computeIfAbsent(owner, any -> new Monitor());
        }
    }
}
