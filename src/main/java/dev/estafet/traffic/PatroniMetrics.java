package dev.estafet.traffic;

import dev.estafet.EstafetConfig;
import dev.estafet.node.NodeState;
import dev.estafet.node.NodeState.Details;
import dev.estafet.node.Prober;
import dev.estafet.node.Role;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.Timeline;
import dev.estafet.traffic.PatroniChecks.Kindred;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Patroni's {@code /metrics} in Prometheus' text format, under Patroni's names so that its dashboards and alerts go on, and
 * what Patroni cannot tell under our own. What the service itself costs is told by {@code /q/metrics}.
 */
@Singleton
final class PatroniMetrics {

    private final EstafetConfig config;
    private final Prober prober;
    private final Sight sight;
    private final Routing routing;
    private final PatroniChecks checks;

    PatroniMetrics(EstafetConfig config, Prober prober, Sight sight, Routing routing, PatroniChecks checks) {
        this.config = config;
        this.prober = prober;
        this.sight = sight;
        this.routing = routing;
        this.checks = checks;
    }

    String text() {
        var page = new Page("{scope=\"%s\",name=\"%s\"}".formatted(escaped(config.cluster()), config.node()));
        var state = prober.current();
        patroni(page, state, prober.leads());
        own(page, state);
        return page.text.toString();
    }

    private void patroni(Page page, NodeState state, boolean leads) {
        var standby = state.isReadable() && state.role() == Role.STANDBY;
        var kind = standby ? checks.kind(state) : Kindred.UNKNOWN;
        var details = Optional.ofNullable(state.details());
        page.gauge("patroni_version", "Version of Patroni whose REST API this is, without periods.", version());
        page.gauge("patroni_postgres_running", "Whether PostgreSQL runs.", state.isReadable());
        page.gauge(
                "patroni_postmaster_start_time",
                "Epoch seconds since PostgreSQL started.",
                details.map(Details::startedAt).map(PatroniMetrics::epoch).orElse("0"));
        page.gauge("patroni_primary", "Whether this node is the primary.", leads);
        page.counter(
                "patroni_xlog_location", "Position of the primary's WAL, 0 on a standby.", leads ? state.lsn() : null);
        page.gauge("patroni_standby_leader", "Always 0: there are no standby clusters here.", false);
        page.gauge("patroni_replica", "Whether this node is a standby.", standby);
        page.gauge("patroni_sync_standby", "Whether the primary waits for this standby.", kind == Kindred.SYNCHRONOUS);
        page.gauge(
                "patroni_quorum_standby",
                "Whether the primary waits for a quorum with this standby.",
                kind == Kindred.QUORUM);
        page.counter(
                "patroni_xlog_received_location", "Received up to here, 0 on a primary.", standby ? state.lsn() : null);
        page.counter(
                "patroni_xlog_replayed_location",
                "Replayed up to here, 0 on a primary.",
                standby ? state.replayLsn() : null);
        page.gauge(
                "patroni_xlog_replayed_timestamp",
                "Epoch seconds of the last replayed commit, 0 on a primary.",
                details.map(Details::replayedAt).map(PatroniMetrics::epoch).orElse("0"));
        page.gauge("patroni_xlog_paused", "Whether replay is paused.", state.replayPaused());
        page.gauge("patroni_postgres_streaming", "Whether this standby streams.", standby && state.streaming());
        page.gauge(
                "patroni_postgres_in_archive_recovery",
                "Whether this standby does not stream.",
                standby && !state.streaming());
        page.gauge(
                "patroni_postgres_server_version",
                "PostgreSQL's version, 0 where it is down.",
                state.version() == null ? "0" : Integer.toString(state.version().number()));
        page.gauge(
                "patroni_cluster_unlocked",
                "Whether nobody is primary.",
                !leads && sight.states().values().stream().noneMatch(NodeState::isWritable));
        page.counter(
                "patroni_postgres_timeline",
                "The timeline, 0 where it is not known.",
                Optional.ofNullable(state.timeline()).map(Timeline::id).orElse(0));
        page.gauge(
                "patroni_pending_restart",
                "Whether settings wait for a restart.",
                details.filter(Details::pendingRestart).isPresent());
        page.gauge("patroni_is_paused", "Always 0: there is nothing to pause.", false);
    }

    private void own(Page page, NodeState state) {
        var readable =
                routing.whyNotReadable(state, java.util.OptionalLong.empty()).isEmpty();
        page.gauge("estafet_writable", "Whether /writable answers 200.", state.isWritable());
        page.gauge("estafet_readable", "Whether /readable answers 200.", readable);
        page.gauge("estafet_drained", "Whether the node is drained for maintenance.", state.drained());
        var lag = state.lag();
        if (lag != null) {
            page.gauge("estafet_replay_lag_bytes", "WAL not replayed yet.", Long.toString(lag.bytes()));
            page.gauge(
                    "estafet_replay_lag_seconds",
                    "Age of the last replayed commit where something is not replayed yet.",
                    String.format(Locale.ROOT, "%.3f", lag.seconds()));
        }
    }

    private static String version() {
        var digits = new StringBuilder();
        for (var part : PatroniStatus.VERSION.split("\\.", -1)) {
            digits.append(String.format(Locale.ROOT, "%02d", Integer.parseInt(part)));
        }
        return digits.toString();
    }

    private static String epoch(Instant time) {
        return String.format(Locale.ROOT, "%.3f", time.toEpochMilli() / 1e3);
    }

    private static String escaped(String label) {
        return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    /** The text, line by line. */
    private record Page(String labels, StringBuilder text) {

        Page(String labels) {
            this(labels, new StringBuilder());
        }

        void gauge(String name, String help, boolean value) {
            gauge(name, help, value ? "1" : "0");
        }

        void gauge(String name, String help, String value) {
            add(name, help, "gauge", value);
        }

        void counter(String name, String help, @Nullable Lsn position) {
            add(name, help, "counter", position == null ? "0" : Long.toUnsignedString(position.value()));
        }

        void counter(String name, String help, int value) {
            add(name, help, "counter", Integer.toUnsignedString(value));
        }

        private void add(String name, String help, String type, String value) {
            text.append(
                    "# HELP %1$s %2$s\n# TYPE %1$s %3$s\n%1$s%4$s %5$s\n".formatted(name, help, type, labels, value));
        }
    }
}
