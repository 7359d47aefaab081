package dev.estafet.testing;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Asks every node's {@code /writable} all the time and judges whether two were ever writable at once.
 *
 * <p>An answer tells what held at some instant between the request's begin and its answer, so two answers whose times
 * overlap prove nothing by themselves: a slow answer may be older than it looks. Answers of one node without a refusal
 * between them do: from the <em>end</em> of the first such request to the <em>begin</em> of the last, the node was
 * writable. Such a {@link Run} is what is compared. Two runs of different nodes that share an instant mean that both were
 * writable then; no slow network or scheduler can make that up.
 */
public final class Watcher implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(PATIENCE).build();
    private final Duration interval;
    private final List<Thread> threads = new ArrayList<>();
    private final List<Run> runs = new ArrayList<>();
    private final AtomicLong polls = new AtomicLong();
    private volatile boolean stopped;

    /**
     * A time in which a node answered 200 and nothing else.
     *
     * @param node whose answers these are
     * @param from {@link System#nanoTime} at which the first answer was there
     * @param to the same, at which the last was asked for
     */
    public record Run(String node, long from, long to) {

        boolean overlaps(Run other) {
            return from - other.to <= 0 && other.from - to <= 0;
        }
    }

    /**
     * A watcher that has begun.
     *
     * @param interval from an answer to the next question
     */
    Watcher(Map<String, URI> nodes, Duration interval) {
        this.interval = interval;
        nodes.forEach((name, address) ->
                threads.add(Thread.ofPlatform().daemon().name("watcher-" + name).start(() -> watch(name, address))));
    }

    /** Ends the polls; runs that last until now end here. */
    public Watcher stop() {
        stopped = true;
        threads.forEach(thread -> {
            try {
                thread.join(PATIENCE);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        });
        client.close();
        return this;
    }

    @Override
    public void close() {
        if (!stopped) {
            stop();
        }
    }

    /** How many answers were looked at. */
    public long polls() {
        return polls.get();
    }

    /** Every time in which a node was writable, in the order in which they began; complete once stopped. */
    public List<Run> runs() {
        synchronized (runs) {
            return runs.stream().sorted(Comparator.comparingLong(Run::from)).toList();
        }
    }

    /** The nodes in the order in which they were writable. */
    public List<String> order() {
        return runs().stream().map(Run::node).toList();
    }

    /** Pairs of runs in which two nodes were writable at once: there must be none. */
    public List<List<Run>> twoAtOnce() {
        var all = runs();
        var found = new ArrayList<List<Run>>();
        for (int i = 0; i < all.size(); i++) {
            for (var later : all.subList(i + 1, all.size())) {
                if (!later.node().equals(all.get(i).node()) && later.overlaps(all.get(i))) {
                    found.add(List.of(all.get(i), later));
                }
            }
        }
        return found;
    }

    private void watch(String node, URI address) {
        var request = HttpRequest.newBuilder(address.resolve("/writable"))
                .timeout(PATIENCE)
                .build();
        var from = 0L;
        var to = 0L;
        var inRun = false;
        while (!stopped) {
            var asked = System.nanoTime();
            var writable = isWritable(request);
            if (writable) {
                from = inRun ? from : System.nanoTime();
                to = asked;
            } else if (inRun) {
                add(node, from, to);
            }
            inRun = writable;
            LockSupport.parkNanos(interval.toNanos());
        }
        if (inRun) {
            add(node, from, to);
        }
    }

    /** A run of one answer has its end before its begin; it is kept as the instant in between. */
    private void add(String node, long from, long to) {
        synchronized (runs) {
            runs.add(from - to <= 0 ? new Run(node, from, to) : new Run(node, from, from));
        }
    }

    private boolean isWritable(HttpRequest request) {
        polls.incrementAndGet();
        try {
            return client.send(request, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException noAnswer) {
            return false;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
