package dev.estafet.api;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import dev.estafet.EstafetConfig;
import dev.estafet.node.Label;
import dev.estafet.node.LabelChanged;
import dev.estafet.node.Lag;
import dev.estafet.node.Prober;
import dev.estafet.operation.Operation;
import dev.estafet.operation.Operation.Kind;
import dev.estafet.operation.Operation.State;
import dev.estafet.operation.Operations;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToDoubleFunction;

/**
 * What {@code /q/metrics} tells of this node, all of it under {@code estafet_}. Operations are counted, and their phases
 * timed, by the node that drives them. Counters begin at zero with the service's start, as Prometheus expects.
 */
@Singleton
final class Metrics {

    /** The first observer: operations that an earlier life left unfinished are taken up by a later one. */
    private static final int FIRST = 1;

    private static final Duration[] DOWNTIMES = {
        ofMillis(25), ofMillis(50), ofMillis(75), ofMillis(100), ofMillis(150), ofMillis(200), ofMillis(300),
        ofMillis(400), ofMillis(500), ofMillis(750), ofSeconds(1), ofMillis(2500), ofSeconds(5), ofSeconds(10),
        ofSeconds(30), ofMinutes(1)
    };
    private static final Duration[] PHASES = {
        ofMillis(1), ofMillis(5), ofMillis(10), ofMillis(25), ofMillis(50), ofMillis(100), ofMillis(250), ofMillis(500),
        ofSeconds(1), ofMillis(2500), ofSeconds(5), ofSeconds(10), ofSeconds(30), ofMinutes(1), ofMinutes(10),
                ofHours(1)
    };
    private static final Duration[] PROBES = {
        ofMillis(1),
        ofMillis(2),
        ofMillis(5),
        ofMillis(10),
        ofMillis(25),
        ofMillis(50),
        ofMillis(100),
        ofMillis(250),
        ofMillis(500),
        ofSeconds(1),
        ofSeconds(2),
        ofSeconds(5)
    };

    private final MeterRegistry registry;
    private final Tags tags;
    private final Prober prober;
    private final Operations operations;
    private final AtomicReference<Label> label;
    private final Timer downtime;

    Metrics(MeterRegistry registry, EstafetConfig config, Prober prober, Operations operations) {
        this.registry = registry;
        this.tags = Tags.of("cluster", config.cluster(), "node", config.node());
        this.prober = prober;
        this.operations = operations;
        this.label = new AtomicReference<>(prober.current().label());
        this.downtime = timer(
                "estafet.switchover.write.downtime",
                "From the demotion's begin to the first committed write on the new primary; switchovers to this node",
                Tags.empty(),
                DOWNTIMES);
    }

    void begin(@Observes @Priority(FIRST) StartupEvent started) {
        var probes = timer("estafet.probe", "How long a look at the local server takes", Tags.empty(), PROBES);
        prober.tellDurations(probes::record);
        operations.listen(this::changed);
        for (var each : Label.values()) {
            labelChanges(each);
            gauge(
                    "estafet.label",
                    "1 for the label that the node has now",
                    Tags.of("label", each.toString()),
                    it -> it.current().label() == each ? 1 : 0);
        }
        gauge(
                "estafet.lag.bytes",
                "Replay lag; NaN on a node that is no standby",
                Tags.empty(),
                it -> lag(it, Lag::bytes));
        gauge(
                "estafet.lag.seconds",
                "Age of the last replayed transaction; NaN on a node that is no standby",
                Tags.empty(),
                it -> lag(it, Lag::seconds));
        for (var kind : Kind.values()) {
            for (var state : State.values()) {
                if (state != State.RUNNING) {
                    ended(kind, state);
                }
            }
        }
        Gauge.builder(
                        "estafet.operations.running",
                        operations,
                        it -> it.current().isPresent() ? 1 : 0)
                .description("Operations that this node drives now")
                .tags(tags)
                .register(registry);
    }

    /** A label may be announced again without having changed. */
    void changed(@Observes LabelChanged change) {
        var now = change.state().label();
        if (label.getAndSet(now) != now) {
            labelChanges(now).increment();
        }
    }

    /** Told of each change of any operation, of its end once. */
    private void changed(Operation operation) {
        if (operation.isRunning()) {
            return;
        }
        ended(operation.kind(), operation.state()).increment();
        for (var phase : operation.phases()) {
            var millis = phase.durationMillis();
            if (millis != null) {
                phase(operation.kind(), phase.name()).record(inNanos(millis));
            }
        }
        var result = operation.result();
        if (operation.kind() == Kind.SWITCHOVER && result != null && result.hasNonNull("writeDowntimeMillis")) {
            downtime.record(inNanos(result.get("writeDowntimeMillis").asDouble()));
        }
    }

    private Counter ended(Kind kind, State state) {
        return Counter.builder("estafet.operations")
                .description("Operations driven by this node that have ended")
                .tags(tags.and("kind", kind.toString(), "state", state.toString()))
                .register(registry);
    }

    private Counter labelChanges(Label to) {
        return Counter.builder("estafet.label.changes")
                .description("How often the node's label has turned to this")
                .tags(tags.and("label", to.toString()))
                .register(registry);
    }

    private Timer phase(Kind kind, String name) {
        return timer(
                "estafet.phase",
                "How long the phases of operations driven by this node took",
                Tags.of("kind", kind.toString(), "phase", name),
                PHASES);
    }

    private Timer timer(String name, String description, Tags more, Duration... buckets) {
        return Timer.builder(name)
                .description(description)
                .tags(tags.and(more))
                .serviceLevelObjectives(buckets)
                .register(registry);
    }

    private void gauge(String name, String description, Tags more, ToDoubleFunction<Prober> value) {
        Gauge.builder(name, prober, value)
                .description(description)
                .tags(tags.and(more))
                .register(registry);
    }

    private static double lag(Prober prober, ToDoubleFunction<Lag> unit) {
        var lag = prober.current().lag();
        return lag == null ? Double.NaN : unit.applyAsDouble(lag);
    }

    private static Duration inNanos(double millis) {
        return Duration.ofNanos(Math.round(millis * 1e6));
    }
}
