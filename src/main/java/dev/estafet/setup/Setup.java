package dev.estafet.setup;

import dev.estafet.EstafetConfig;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.cluster.Enlisting;
import dev.estafet.node.Following;
import dev.estafet.node.Inventory;
import dev.estafet.node.Marker;
import dev.estafet.node.Node;
import dev.estafet.node.Upstream;
import dev.estafet.operation.Check;
import dev.estafet.operation.FreshCopy;
import dev.estafet.operation.Run;
import dev.estafet.postgres.Await;
import dev.estafet.postgres.DataDirectory;
import dev.estafet.postgres.Database;
import dev.estafet.postgres.PgCtl;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * One setup on its way, driven by the future standby, which is this node. Each method is the action, or the undo, of a row
 * of {@link SetupProcedure}'s table and is idempotent.
 */
final class Setup {

    /** SQLSTATE {@code read_only_sql_transaction} (manual, appendix A). */
    private static final String READ_ONLY = "25006";

    private static final Duration UNTIL_SAME = Duration.ofSeconds(30);

    private final Run run;
    private final SetupRequest request;
    private final Parts parts;

    /** What setup works with. */
    record Parts(
            EstafetConfig config,
            Cluster cluster,
            ClusterView view,
            SetupPreflight preflight,
            DataDirectory dataDirectory,
            FreshCopy copy,
            PgCtl pgCtl,
            Following following,
            Database database,
            Marker marker) {}

    Setup(Run run, Parts parts) {
        this.run = run;
        this.request = run.request(SetupRequest.class);
        this.parts = parts;
    }

    Optional<String> enlist() {
        parts.view().look();
        var reachable = parts.view().reachable();
        Enlisting.enlist(cluster(), reachable, run.id());
        return Optional.of(String.join(", ", reachable));
    }

    Optional<String> release() {
        Enlisting.release(cluster(), parts.view().reachable(), run.id());
        return Optional.empty();
    }

    Optional<String> preflight() {
        var findings = parts.preflight().look(request, run.id());
        Check.problemIn(findings.checks()).ifPresent(problem -> {
            throw problem.raised();
        });
        run.remember(Objects.requireNonNull(findings.facts()));
        // It may have begun to answer after the others had given their word.
        Enlisting.enlist(cluster(), List.of(facts().primary()), run.id());
        return Optional.of(Check.inWords(findings.checks()));
    }

    Optional<String> preparePrimary() {
        var done =
                cluster().ask(facts().primary(), parts.config().timeOuts().restart(), node -> node.prepare(run.id()));
        requireReplicationLogin();
        return Optional.of(done.inWords());
    }

    /** As the base backup will, but with an error that says what to do. */
    private void requireReplicationLogin() {
        var why = cluster()
                .ask(cluster().self(), node -> node.tryReplicationLogin(facts().primary()))
                .failure();
        if (why != null) {
            var primary = cluster().member(facts().primary());
            throw new Problem(
                            Kind.NOT_READY,
                            "%s cannot log in to %s at %s:%d for replication: %s"
                                    .formatted(
                                            cluster().self(), facts().primary(), primary.host(), primary.port(), why),
                            "Check the firewall, and that estafet.members and estafet.replication are the same on every"
                                    + " node; the address that the primary sees must be this member's host.")
                    .raised();
        }
    }

    Optional<String> stop() {
        if (facts().streams() || !parts.pgCtl().isRunning()) {
            return Optional.of(facts().streams() ? "it goes on streaming" : "it was not running");
        }
        parts.pgCtl().stop(parts.config().timeOuts().stop());
        parts.database().forgetConnections();
        return Optional.of("it was running");
    }

    Optional<String> startAgain() {
        if (known().isPresent() && facts().wasRunning()) {
            parts.pgCtl().start(parts.config().timeOuts().start());
        }
        return Optional.empty();
    }

    Optional<String> setAside() {
        if (facts().streams()) {
            return Optional.of("its data stays");
        }
        return parts.copy().setAside(facts().setAside());
    }

    Optional<String> putBack() {
        if (known().isPresent() && !facts().streams()) {
            parts.copy().putBack(facts().setAside());
        }
        return Optional.empty();
    }

    Optional<String> baseBackup() {
        if (facts().streams()) {
            return Optional.of("no copy is needed");
        }
        return parts.copy().take(run, facts().primary(), facts().slot());
    }

    Optional<String> dropSlot() {
        if (known().isPresent() && !facts().streams()) {
            parts.copy().dropSlot(run, facts().primary(), facts().slot());
        }
        return Optional.empty();
    }

    Optional<String> start() {
        var upstream = new Upstream(facts().primary(), facts().slot());
        if (facts().streams()) {
            cluster().tell(facts().primary(), node -> node.makeSlots(run.id(), List.of(facts().slot())));
            parts.following().letMembersIn();
            cluster().tell(cluster().self(), node -> node.follow(run.id(), upstream));
            return Optional.of("it runs");
        }
        parts.following().letMembersIn();
        parts.following().pointStoppedServer(upstream);
        var found = parts.dataDirectory().verifyOwnerAndMode();
        parts.pgCtl().start(parts.config().timeOuts().start());
        return Optional.of(found);
    }

    /** Stops the new standby; what stopped or started before is for the earlier phases' undos. */
    Optional<String> stopNewStandby() {
        if (known().isPresent() && !facts().streams()) {
            parts.copy().stop();
        }
        return Optional.empty();
    }

    Optional<String> stream() {
        Await.until(
                "the standby to stream",
                parts.config().timeOuts().stream(),
                Await.CALMLY,
                () -> cluster().ask(cluster().self(), Node::report).state().streaming());
        return Optional.of("from " + facts().primary());
    }

    Optional<String> verify() {
        var delay = facts().streams() ? null : markerDelayMillis();
        var inventory = requireSameTables();
        requireRefusedWrite();
        var summary = facts().streams()
                ? "%s was a streaming standby of %s already; nothing was changed but what the log of this operation names."
                        .formatted(cluster().self(), facts().primary())
                : "%s is a streaming standby of %s.".formatted(cluster().self(), facts().primary());
        run.result(new SetupResult(
                facts().primary(),
                cluster().self(),
                summary,
                !facts().streams(),
                inventory.databases().size(),
                inventory.countTables(),
                delay,
                facts().setAside()));
        return Optional.of("%s; %d databases and %d tables are the same; a write was refused with SQLSTATE %s"
                .formatted(
                        delay == null
                                ? "no marker row was written"
                                : String.format(Locale.ROOT, "the marker row arrived within %.1f ms", delay),
                        inventory.databases().size(),
                        inventory.countTables(),
                        READ_ONLY));
    }

    private Double markerDelayMillis() {
        cluster().tell(facts().primary(), node -> node.writeMarker(run.id()));
        var start = System.nanoTime();
        Await.until(
                "the marker row to arrive on the standby",
                parts.config().timeOuts().stream(),
                Await.QUICKLY,
                () -> parts.marker().isSeen(run.id()));
        return Math.round((System.nanoTime() - start) / 1e5) / 10.0;
    }

    /** Somebody may be creating tables meanwhile, so differing once is no failure. */
    private Inventory requireSameTables() {
        return Await.value("databases and tables to be the same on both nodes", UNTIL_SAME, Await.CALMLY, () -> {
            var theirs = cluster().ask(facts().primary(), Node::inventory);
            var ours = cluster().ask(cluster().self(), Node::inventory);
            return Optional.of(ours).filter(it -> it.databases().equals(theirs.databases()));
        });
    }

    private void requireRefusedWrite() {
        try {
            parts.database().execute(Database.SHORTLY, "create table estafet.must_be_refused_on_a_standby (i integer)");
        } catch (ProblemException refused) {
            if (refused.getCause() instanceof SQLException sql && READ_ONLY.equals(sql.getSQLState())) {
                return;
            }
            throw refused;
        }
        throw new Problem(
                        Kind.NOT_PROVEN,
                        "%s took a write, so it is no standby."
                                .formatted(cluster().self()),
                        "Look at GET /status.")
                .raised();
    }

    Optional<String> complete() {
        release();
        parts.view().look();
        return Optional.empty();
    }

    private Cluster cluster() {
        return parts.cluster();
    }

    private Optional<SetupFacts> known() {
        return run.facts(SetupFacts.class);
    }

    private SetupFacts facts() {
        return known().orElseThrow();
    }
}
