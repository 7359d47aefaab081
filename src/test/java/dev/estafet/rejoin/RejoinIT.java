package dev.estafet.rejoin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.estafet.testing.LocalProcesses;
import dev.estafet.testing.Operation;
import dev.estafet.testing.PostgresInstallation;
import dev.estafet.testing.RealServers;
import dev.estafet.testing.ServerUser;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import io.restassured.response.Response;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A standby is promoted behind the services' back, and the old primary comes back: cleanly stopped, forked, running, beyond
 * help. Each test leaves a pair whose roles have changed.
 */
@RealServers
class RejoinIT {

    private static final String OFF = "estafet.rejoin";

    private final TestCluster cluster = TestCluster.of("pg1", "pg2");
    private TestNode old = cluster.node("pg1");
    private TestNode next = cluster.node("pg2");
    private Instant begin = Instant.now();

    @BeforeAll
    void aPairThatCanBeRewound() {
        cluster.startWithOnePrimary().setUpAll();
        assertThat(old.controlData()).containsEntry("wal_log_hints setting", "on");
    }

    @BeforeEach
    void aPair() {
        old = cluster.primary();
        next = cluster.nodes().stream().filter(it -> it != old).findFirst().orElseThrow();
        cluster.awaitWritable(old.name());
        if (!next.isRunning()) {
            // What an earlier test has left, when it failed, must not make this one fail too.
            cluster.post(old.name(), "/nodes/%s/rejoin".formatted(next.name()), Map.of("replaceData", true));
        }
        cluster.awaitStreaming(old.name(), next.name());
        begin = Instant.now();
    }

    @AfterAll
    void end() {
        cluster.close();
    }

    @Test
    void anOldPrimaryThatWasCleanlyStoppedFollowsStraightByItself() throws Exception {
        try (var writers = cluster.startWriters()) {
            // Given
            old.stopPostgres();

            // When
            next.promoteByHand();

            // Then
            var rejoin = cluster.awaitRejoin(old.name(), begin);
            assertThat(rejoin.state()).as(rejoin.toString()).isEqualTo("completed");
            assertThat(rejoin.json().getString("requestedBy")).isEqualTo(old.name() + " itself");
            assertThat(rejoin.json().getString("result.way")).isEqualTo("straight");
            assertThat(rejoin.json().getMap("result.forked")).isNull();
            assertThat(rejoin.json().getInt("result.toTimeline"))
                    .isEqualTo(rejoin.json().getInt("result.fromTimeline") + 1);
            cluster.awaitStreaming(next.name(), old.name());
            cluster.awaitWrites(writers);
            assertThat(writers.stop().verify().lost()).isZero();
            assertThat(old.slots()).as("slots left on the old primary").isEmpty();
            nothingIsWrong();
        }
    }

    @Test
    void aStalePrimaryThatComesBackIsStoppedAtOnceNeverWritableAndRewoundByItself() {
        // Given
        old.killService();
        failOverWithLoss();
        old.startPostgres();
        old.sql("CREATE TABLE written_on_the_stale_primary AS SELECT 1");
        try (var watcher = cluster.startWatcher()) {
            // When
            old.startService();

            // Then
            var rejoin = cluster.awaitRejoin(old.name(), begin);
            assertThat(rejoin.state()).as(rejoin.toString()).isEqualTo("completed");
            assertThat(rejoin.json().getString("result.way")).isEqualTo("rewind");
            cluster.awaitStreaming(next.name(), old.name());
            watcher.stop();
            assertThat(watcher.order()).as("writable").containsOnly(next.name());
            assertThat(watcher.polls()).isPositive();
            assertThat(old.serviceLog()).contains("so it is stopped");
            theBranchIsKept(rejoin);
        }
        assertThat(old.text("SELECT to_regclass('lost') IS NULL")).isEqualTo("t");
        assertThat(old.setting("port")).isEqualTo(Integer.toString(old.port()));
        assertThat(old.slots()).isEmpty();
        nothingIsWrong();
    }

    @Test
    void whereANodeMayDoNothingByItselfItIsStoppedAndToldAndComesBackByOneCall() {
        // Given
        old.killService();
        failOverWithLoss();
        old.startPostgres();
        old.with(OFF, "off").startService();
        awaitFinding("does-not-rejoin");
        assertThat(old.isRunning()).isFalse();
        assertThat(old.data().resolve("standby.signal")).exists();
        assertThat(cluster.latestRejoin(old.name(), begin)).isEmpty();

        // When
        var planned = rejoin(Map.of("dryRun", true));
        var answer = rejoin(Map.of("reason", "a test"));

        // Then
        assertThat(planned.statusCode()).as(planned.asString()).isEqualTo(200);
        assertThat(planned.jsonPath().getString("findings.way")).isEqualTo("rewind");
        assertThat(planned.jsonPath().getBoolean("findings.ready")).isTrue();
        assertThat(planned.jsonPath().getLong("findings.forkedBytes")).isPositive();
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        assertThat(answer.jsonPath().getString("result.way")).isEqualTo("rewind");
        theBranchIsKept(new Operation(answer.jsonPath()));
        cluster.awaitStreaming(next.name(), old.name());
        old.without(OFF).restartService();
        nothingIsWrong();
    }

    @Test
    void whatCannotBeRewoundIsCopiedOnlyIfThatIsAskedFor() {
        // Given
        old.sql("ALTER SYSTEM SET wal_log_hints = off");
        old.stopPostgres();
        old.startPostgres();
        cluster.awaitStreaming(old.name(), next.name());
        failOverWithLoss();
        awaitFinding("does-not-rejoin");

        // When
        var refused = rejoin(Map.of());

        // Then
        assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(409);
        assertThat(refused.jsonPath().getString("type")).endsWith(":not-ready");
        assertThat(refused.jsonPath().getString("detail")).contains("wal_log_hints");
        assertThat(refused.jsonPath().getString("remedy")).contains("replaceData");
        assertThat(old.isRunning()).isFalse();
        assertThat(old.data().resolve("PG_VERSION")).exists();

        // When
        var answer = rejoin(Map.of("replaceData", true));

        // Then
        isACopy(answer);
        nothingIsWrong();
    }

    @Test
    void aRewindThatIsKilledHalfwayIsNeverStartedAndACopyHelps() {
        // Given
        old.with(OFF, "off").restartService();
        cluster.awaitWritable(old.name());
        old.sql("CREATE TABLE large AS SELECT n, repeat(md5(n::text), 30) AS filler FROM generate_series(1, 60000) n");
        failOverWithLoss("UPDATE large SET n = -n");
        var operation = cluster.begin(next.name(), "/nodes/%s/rejoin".formatted(old.name()), Map.of());
        var rewinding = await("pg_rewind writes")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(2))
                .until(
                        () -> LocalProcesses.of("pg_rewind", old.data()).stream()
                                .filter(it ->
                                        !LocalProcesses.commandLine(it.pid()).contains("--dry-run"))
                                .toList(),
                        it -> !it.isEmpty())
                .getFirst();

        // When
        rewinding.destroyForcibly(); // At once: any other way to signal it may come too late.

        // Then
        var end = cluster.awaitEnd(old.name(), operation.id());
        assertThat(end.state()).as(end.toString()).isEqualTo("failed");
        assertThat(end.json().getString("problem.kind")).isEqualTo("DATA_UNUSABLE");
        assertThat(end.json().getString("problem.remedy")).contains("replaceData");
        assertThatThrownBy(old::startPostgres).hasMessageContaining("could not start server");
        assertThat(old.isRunning()).isFalse();

        // When
        old.killService();
        old.without(OFF).startService();
        awaitFinding("does-not-rejoin");
        var refused = rejoin(Map.of());

        // Then
        assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(409);
        assertThat(refused.jsonPath().getString("type")).endsWith(":data-unusable");
        assertThat(old.isRunning()).isFalse();

        // When
        var answer = rejoin(Map.of("replaceData", true));

        // Then
        isACopy(answer);
        nothingIsWrong();
    }

    @Test
    void anotherClusterIsNeverReplacedWithoutBeingTold() {
        // Given
        old.stopPostgres();
        old.killService();
        next.promoteByHand();
        cluster.awaitWritable(next.name());
        old.emptyData().initdb();
        var identifier = old.controlData().get("Database system identifier");
        old.startService();

        // When
        var refused = rejoin(Map.of());

        // Then
        assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(409);
        assertThat(refused.jsonPath().getString("detail")).contains("another database cluster");
        assertThat(old.controlData()).containsEntry("Database system identifier", identifier);
        assertThat(old.isRunning()).isFalse();
        assertThat(old.data().resolve("standby.signal")).doesNotExist();

        // When
        var answer = rejoin(Map.of("replaceData", true));

        // Then
        isACopy(answer);
    }

    @Test
    void aRejoinWhoseServiceIsKilledIsEndedAndBegunAnewByTheNext() {
        // Given
        failOverWithLoss();
        var interrupted = await("the rejoin compares")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(5))
                .until(
                        () -> cluster.latestRejoin(old.name(), begin),
                        it -> it.filter(operation -> operation.phases().contains("compare"))
                                .isPresent())
                .orElseThrow();

        // When
        old.killService();
        old.startService();

        // Then
        assertThat(cluster.awaitEnd(old.name(), interrupted.id()).state()).isEqualTo("interrupted");
        cluster.awaitStreaming(next.name(), old.name());
        var rejoin = cluster.awaitRejoin(old.name(), begin);
        assertThat(rejoin.id()).isNotEqualTo(interrupted.id());
        assertThat(rejoin.state()).as(rejoin.toString()).isEqualTo("completed");
        nothingIsWrong();
    }

    /** The standby is away when the primary writes its last, and is promoted when it has crashed. */
    private void failOverWithLoss(String... more) {
        next.stopPostgres();
        old.sql("DROP TABLE IF EXISTS lost", "CREATE TABLE lost AS SELECT * FROM generate_series(1, 20000) n");
        old.sql(more);
        old.killPostgres();
        next.startPostgres();
        next.promoteByHand();
        cluster.awaitWritable(next.name());
    }

    private Response rejoin(Map<String, Object> body) {
        return cluster.post(next.name(), "/nodes/%s/rejoin".formatted(old.name()), body);
    }

    private void theBranchIsKept(Operation rejoin) {
        var json = rejoin.json();
        assertThat(json.getLong("result.forked.bytes")).isGreaterThan(500_000);
        var kept = Path.of(json.getString("result.forked.keptIn"));
        assertThat(kept).isDirectory();
        assertThat(kept.resolve("branch.json")).content().contains(json.getString("result.forked.from"));
        var look = List.of(json.getString("result.forked.look").split(" "));
        assertThat(look.getFirst()).isEqualTo("pg_waldump");
        var printed = ServerUser.run(
                "sh",
                "-c",
                "%s/%s -e %s | tail -n 3"
                        .formatted(
                                PostgresInstallation.used().bin(),
                                String.join(" ", look),
                                json.getString("result.forked.to")));
        assertThat(printed).contains("rmgr:").contains("lsn: ");
    }

    private void isACopy(Response answer) {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        assertThat(answer.jsonPath().getString("result.way")).isEqualTo("clone");
        var aside = Path.of(answer.jsonPath().getString("result.setAside"));
        assertThat(Files.exists(aside.resolve("PG_VERSION"))).isTrue();
        cluster.awaitStreaming(next.name(), old.name());
    }

    private void awaitFinding(String name) {
        await("/status tells " + name)
                .atMost(Duration.ofSeconds(60))
                .until(() -> findings().contains(name));
    }

    private List<String> findings() {
        return next.anonymous().get("/status").jsonPath().getList("problems.name");
    }

    private void nothingIsWrong() {
        await("/status tells of no problem")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(findings()).isEmpty());
        cluster.nodes()
                .forEach(node -> assertThat(node.state().resolve("enlistment.json"))
                        .as("enlistment of " + node.name())
                        .doesNotExist());
    }
}
