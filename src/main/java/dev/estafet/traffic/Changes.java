package dev.estafet.traffic;

import dev.estafet.node.LabelChanged;
import dev.estafet.node.News;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Wakes those who follow a list whenever it may have changed: at once with a label, each interval for all the rest. */
@Singleton
class Changes {

    /** Later than those who take the news in. */
    private static final int LATE = 3000;

    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    /** Ends the waking. */
    @FunctionalInterface
    interface Listening extends AutoCloseable {
        @Override
        void close();
    }

    /** Calls this at each change; it must not wait. */
    Listening listen(Runnable listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    void here(@Observes @Priority(LATE) LabelChanged change) {
        listeners.forEach(Runnable::run);
    }

    void elsewhere(@Observes @Priority(LATE) News news) {
        listeners.forEach(Runnable::run);
    }

    @Scheduled(every = "${estafet.probe.interval:1s}")
    @RunOnVirtualThread
    void regularly() {
        listeners.forEach(Runnable::run);
    }
}
