package dev.estafet.testing.simulation;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * One simulated world: its clock, its chance, and what happens next. All that happens is an event at a time; which of two
 * comes first is decided by how long each takes, and that by the seed. So one seed is one schedule.
 */
final class World {

    static final long MICRO = 1_000;
    static final long MILLI = 1_000_000;
    static final long SECOND = 1_000_000_000;

    private static final ThreadLocal<World> CURRENT = new ThreadLocal<>();

    final SplittableRandom random;
    private final PriorityQueue<Event> events = new PriorityQueue<>(256);
    private final Deque<String> trace;
    private long now;
    private long sequence;
    private Task running;
    long steps;

    private record Event(long at, long sequence, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return at == other.at ? Long.compare(sequence, other.sequence) : Long.compare(at, other.at);
        }
    }

    /** A thread of a simulated process. */
    static final class Task {
        final Life life;
        private final Coroutine coroutine;
        private long token;
        private boolean parked;
        private boolean woken;

        Task(Life life, Runnable body) {
            this.life = life;
            this.coroutine = new Coroutine(body);
        }

        /** Somebody who only looks: takes no locks and no time. */
        Task(Life life) {
            this.life = life;
            this.coroutine = null;
        }

        boolean isLooking() {
            return coroutine == null;
        }
    }

    /** One life of a service: from its start until it is killed. */
    static class Life {
        boolean alive = true;
        long frozenUntil;
    }

    World(long seed, boolean traced) {
        random = new SplittableRandom(seed);
        trace = traced ? new ArrayDeque<>() : null;
    }

    static World current() {
        return CURRENT.get();
    }

    /** This thread works in this world from now on. */
    void enter() {
        CURRENT.set(this);
    }

    Task task() {
        return running;
    }

    long now() {
        return now;
    }

    /** Lets the world go on until the condition holds, or until that time. */
    boolean run(long until, Supplier<Boolean> isOver) {
        while (!isOver.get()) {
            var next = events.peek();
            if (next == null || next.at() > until) {
                now = Math.max(now, until);
                return false;
            }
            events.poll();
            now = next.at();
            steps++;
            next.action().run();
        }
        return true;
    }

    void in(long delay, Runnable action) {
        events.add(new Event(now + Math.max(0, delay), sequence++, action));
    }

    Task spawn(Life life, Runnable body) {
        var task = new Task(life, body);
        in(random.nextLong(20 * MICRO), () -> resume(task));
        return task;
    }

    private void resume(Task task) {
        if (!task.life.alive) {
            return;
        }
        if (task.life.frozenUntil > now) {
            in(task.life.frozenUntil - now + random.nextLong(MILLI), () -> resume(task));
            return;
        }
        var before = running;
        running = task;
        try {
            task.coroutine.resume();
        } finally {
            running = before;
        }
    }

    <T> T as(Task task, Supplier<T> question) {
        var before = running;
        running = task;
        try {
            return question.get();
        } finally {
            running = before;
        }
    }

    /** The running task lets this time pass. */
    void pass(long nanos) {
        var task = running;
        var next = events.peek();
        if (task.life.alive && task.life.frozenUntil <= now && (next == null || next.at() > now + nanos)) {
            now += nanos;
            return;
        }
        in(nanos, () -> resume(task));
        Coroutine.yield();
    }

    /** The running task ends here, as its process does. */
    void vanish() {
        while (true) {
            Coroutine.yield();
        }
    }

    /** Waits for {@link #unpark}; returns whether that came before this time had passed. */
    boolean park(long nanos) {
        var task = running;
        var token = ++task.token;
        task.parked = true;
        task.woken = false;
        if (nanos < Long.MAX_VALUE) {
            in(nanos, () -> {
                if (task.parked && task.token == token) {
                    task.parked = false;
                    resume(task);
                }
            });
        }
        Coroutine.yield();
        return task.woken;
    }

    void unpark(Task task) {
        if (task.parked) {
            task.parked = false;
            task.woken = true;
            in(0, () -> resume(task));
        }
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    long between(long least, long most) {
        return least + random.nextLong(most - least + 1);
    }

    /** Mostly near the least, seldom near the most. */
    long skewed(long least, long most) {
        var fraction = random.nextDouble();
        return least + (long) ((most - least) * fraction * fraction * fraction * fraction);
    }

    boolean isTraced() {
        return trace != null;
    }

    void trace(String who, Supplier<String> what) {
        if (trace != null) {
            trace.add("%10.3f ms  %-4s %s".formatted(now / 1e6, who, what.get()));
        }
    }

    List<String> told() {
        return trace == null ? List.of() : new ArrayList<>(trace);
    }

    static long nanos(Duration duration) {
        return duration.toNanos();
    }
}
