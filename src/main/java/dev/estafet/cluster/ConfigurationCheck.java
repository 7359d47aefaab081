package dev.estafet.cluster;

import dev.estafet.EstafetConfig;
import dev.estafet.Secrets;
import dev.estafet.postgres.Slot;
import io.quarkus.runtime.Startup;
import jakarta.annotation.Priority;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;

/** Stops the start where keys contradict each other; each message names the key. */
@Singleton
final class ConfigurationCheck {

    private static final Logger LOG = Logger.getLogger(ConfigurationCheck.class);

    private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(1);

    private final EstafetConfig config;

    ConfigurationCheck(EstafetConfig config) {
        this.config = config;
    }

    /** Before any bean that would trip over the same with a worse message. */
    @Startup
    @Priority(1)
    void check() {
        require(
                config.members().containsKey(config.node()),
                "estafet.node: %s is not among estafet.members (%s)"
                        .formatted(
                                config.node(),
                                String.join(", ", config.members().keySet())));
        require(
                config.members().size() == 1 || Secrets.token(config.peer()).isPresent(),
                "estafet.peer.token or estafet.peer.token-file must be set where there is more than one member");
        slotsDiffer();
        config.members()
                .forEach((name, member) -> require(
                        member.service().isAbsolute() && member.service().getHost() != null,
                        "estafet.members.%s.service: %s is not an address such as http://10.0.0.1:8008"
                                .formatted(name, member.service())));
        require(
                config.probe().interval().compareTo(SHORTEST_INTERVAL) >= 0,
                "estafet.probe.interval: %s is too short, the scheduler works in whole seconds"
                        .formatted(config.probe().interval()));
        require(config.traffic().minimum() >= 0, "estafet.traffic.minimum must not be negative");
        config.haproxy()
                .sockets()
                .orElse(List.of())
                .forEach(socket -> require(
                        socket.matches("/.+|[^/]+:\\d{1,5}"),
                        "estafet.haproxy.sockets: %s is neither an absolute path nor host:port".formatted(socket)));
        require(config.probe().timeOut().isPositive(), "estafet.probe.time-out must be longer than nothing");
        if (config.operators().values().stream()
                .allMatch(it -> Secrets.token(it).isEmpty())) {
            LOG.warn("No estafet.operators.NAME.token is configured: every call that changes something is refused");
        }
    }

    private void slotsDiffer() {
        Map<Slot, String> owners = new HashMap<>();
        config.members().keySet().forEach(name -> {
            var other = owners.put(Slot.of(name), name);
            require(
                    other == null,
                    "estafet.members: %s and %s would share the slot %s".formatted(other, name, Slot.of(name)));
        });
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalStateException(message);
        }
    }
}
