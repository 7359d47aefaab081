package dev.estafet.testing.simulation;

import dev.estafet.testing.simulation.Simulator.Report;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Many schedules, as many at once as there are processors; nothing depends on that, since each is a world of its own.
 *
 * @param schedules how many were run
 * @param violations by which it was ended, or none
 * @param happened how often what happened
 */
record Campaign(long schedules, Collection<Report> violations, Map<String, Long> happened) {

    /** Runs the schedules with the seeds from 1 on, to the last or to so many violations. */
    static Campaign run(Simulator simulator, long most, int mostViolations) throws InterruptedException {
        var next = new AtomicLong(1);
        var violations = new ConcurrentLinkedQueue<Report>();
        var happened = new ConcurrentHashMap<String, Long>();
        var workers = new Thread[Runtime.getRuntime().availableProcessors()];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = Thread.ofPlatform().name("simulation-" + i).start(() -> {
                for (var seed = next.getAndIncrement(); seed <= most; seed = next.getAndIncrement()) {
                    if (violations.size() >= mostViolations) {
                        return;
                    }
                    var report = run(simulator, seed);
                    report.happened().forEach(what -> happened.merge(what, 1L, Long::sum));
                    if (report.violation() != null) {
                        violations.add(report);
                    }
                }
            });
        }
        for (var worker : workers) {
            worker.join();
        }
        return new Campaign(Math.min(most, next.get() - 1), violations, happened);
    }

    /** What breaks the simulation itself is a finding too. */
    private static Report run(Simulator simulator, long seed) {
        try {
            return simulator.run(seed, false);
        } catch (RuntimeException | Error failure) {
            return new Report(seed, "the simulation broke: " + failure, List.of(), List.of(), 0);
        }
    }

    /** How often that happened. */
    long count(String what) {
        return happened.getOrDefault(what, 0L);
    }
}
