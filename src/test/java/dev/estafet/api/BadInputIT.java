package dev.estafet.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.estafet.cluster.Cluster;
import dev.estafet.testing.LocalProcesses;
import dev.estafet.testing.RealServers;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is wrong with a request or with the cluster: the right status, a remedy, and nothing changed. */
@RealServers
class BadInputIT {

    private static final Consumer<TestCluster> AS_IT_IS = cluster -> {};

    private final TestCluster cluster = TestCluster.of("pg1", "pg2");

    /**
     * Something that must be refused.
     *
     * @param name what is wrong
     * @param given makes it wrong
     * @param when the request
     * @param kind how the problem's type ends
     * @param told a word that the detail must have
     * @param finallyMend makes it right again
     */
    record BadInput(
            String name,
            Consumer<TestCluster> given,
            Function<TestCluster, Response> when,
            int status,
            String kind,
            String told,
            Consumer<TestCluster> finallyMend) {

        @Override
        public String toString() {
            return name;
        }
    }

    @BeforeAll
    void aPairThatIsReady() {
        cluster.node("pg1")
                .initdb("--data-checksums")
                .configure("archive_mode = on")
                .configure("archive_command = 'true'")
                .configure("fsync = off")
                .startPostgres();
        cluster.startServices().setUpAll();
    }

    @AfterAll
    void end() {
        cluster.close();
    }

    @ParameterizedTest
    @MethodSource({"badRequests", "badSituations"})
    void isRefusedWithARemedyAndChangesNothing(BadInput bad) {
        bad.given().accept(cluster);
        try {
            // Given
            var before = cluster.serverStates();

            // When
            var answer = bad.when().apply(cluster);

            // Then
            assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(bad.status());
            assertThat(answer.contentType()).startsWith("application/problem+json");
            var problem = answer.jsonPath();
            assertThat(problem.getString("type")).isEqualTo("urn:estafet:problem:" + bad.kind());
            assertThat(problem.getInt("status")).isEqualTo(bad.status());
            assertThat(problem.getString("title")).isNotBlank();
            assertThat(problem.getString("detail")).containsIgnoringCase(bad.told());
            assertThat(problem.getString("remedy")).isNotBlank();
            assertThat(cluster.changesSince(before)).isEmpty();
            nobodyIsEnlisted();
        } finally {
            bad.finallyMend().accept(cluster);
        }
        cluster.awaitStreaming("pg1", "pg2");
        cluster.awaitWritable("pg1");
    }

    private void nobodyIsEnlisted() {
        cluster.nodes().stream()
                .filter(TestNode::serviceRuns)
                .forEach(node -> assertThat(node.state().resolve("enlistment.json"))
                        .as("enlistment of " + node.name())
                        .doesNotExist());
    }

    static Stream<BadInput> badRequests() {
        return Stream.of(
                request("an unknown candidate", promote("{'candidate':'pg9'}"), 404, "unknown-member", "pg9"),
                request("an unknown standby", setup("{'standby':'pg9'}"), 404, "unknown-member", "pg9"),
                request("a candidate that is the primary", promote("{'candidate':'pg1'}"), 409, "not-ready", "pg1"),
                request("a standby that is the primary", setup("{'standby':'pg1'}"), 409, "not-ready", "primary"),
                request("a body that is cut off", promote("{'candidate':"), 400, "invalid-request", "JSON"),
                request("a body that is no object", promote("'pg2'"), 400, "invalid-request", ""),
                request("an empty body", setup(""), 400, "invalid-request", ""),
                request("no standby", setup("{}"), 400, "invalid-request", "standby"),
                request(
                        "an unknown field",
                        promote("{'candidate':'pg2','candidat':'x'}"),
                        400,
                        "invalid-request",
                        "candidat"),
                request(
                        "a field of another type",
                        promote("{'candidate':['pg2']}"),
                        400,
                        "invalid-request",
                        "candidate"),
                request(
                        "a negative lag",
                        promote("{'candidate':'pg2','maxLag':'-1MB'}"),
                        400,
                        "invalid-request",
                        "-1MB"),
                request(
                        "a lag that is no size",
                        promote("{'candidate':'pg2','maxLag':'much'}"),
                        400,
                        "invalid-request",
                        "much"),
                request(
                        "a negative time-out",
                        promote("{'candidate':'pg2','timeOuts':{'stop':'-1s'}}"),
                        400,
                        "invalid-request",
                        "stop"),
                request("an unknown mode", promote("{'mode':'coup'}"), 400, "invalid-request", "mode"),
                request(
                        "a loss accepted for a switchover",
                        promote("{'candidate':'pg2','acceptLoss':'0'}"),
                        400,
                        "invalid-request",
                        "acceptLoss"),
                request(
                        "a lag for a failover",
                        promote("{'mode':'failover','candidate':'pg2','maxLag':'1MB'}"),
                        400,
                        "invalid-request",
                        "maxLag"),
                request(
                        "an accepted loss that is no size",
                        promote("{'mode':'failover','candidate':'pg2','acceptLoss':'some'}"),
                        400,
                        "invalid-request",
                        "some"),
                request(
                        "a failover to an unknown candidate",
                        promote("{'mode':'failover','candidate':'pg9'}"),
                        404,
                        "unknown-member",
                        "pg9"),
                request(
                        "a failover from a primary that works",
                        promote("{'mode':'failover','candidate':'pg2','acceptLoss':'unknown','fenced':'yes'}"),
                        409,
                        "not-ready",
                        "can be reached"),
                request(
                        "a body that is not JSON",
                        at -> at.node("pg2")
                                .operator()
                                .contentType(ContentType.TEXT)
                                .body("pg2")
                                .post("/promote"),
                        415,
                        "unsupported-media-type",
                        ""),
                request(
                        "no token",
                        at -> at.node("pg2")
                                .anonymous()
                                .contentType(ContentType.JSON)
                                .body(Map.of("candidate", "pg2"))
                                .post("/promote"),
                        401,
                        "unauthenticated",
                        "token"),
                request(
                        "a wrong token",
                        withToken("wrong", "/promote", "{'candidate':'pg2'}"),
                        401,
                        "unauthenticated",
                        "token"),
                request(
                        "a peer's token where an operator's is wanted",
                        withToken(TestCluster.PEER_TOKEN, "/setup", "{'standby':'pg2'}"),
                        401,
                        "unauthenticated",
                        "token"),
                request(
                        "an operator's token where a peer's is wanted",
                        at -> at.node("pg2").operator().get("/peer/state"),
                        401,
                        "unauthenticated",
                        "token"),
                request(
                        "a request to take part that comes when the operation has ended",
                        BadInputIT::enlistmentInTheSetup,
                        409,
                        "not-ready",
                        "has ended, says its driver pg2"),
                request(
                        "an unknown node that is to rejoin",
                        withToken(TestCluster.OPERATOR_TOKEN, "/nodes/pg9/rejoin", "{}"),
                        404,
                        "unknown-member",
                        "pg9"),
                request(
                        "a rejoin of the primary",
                        withToken(TestCluster.OPERATOR_TOKEN, "/nodes/pg1/rejoin", "{}"),
                        409,
                        "not-ready",
                        "No other member's server runs as primary"),
                request(
                        "a rejoin with an unknown field",
                        withToken(TestCluster.OPERATOR_TOKEN, "/nodes/pg2/rejoin", "{'replace':true}"),
                        400,
                        "invalid-request",
                        "replace"),
                request(
                        "a rejoin without a body",
                        withToken(TestCluster.OPERATOR_TOKEN, "/nodes/pg2/rejoin", ""),
                        400,
                        "invalid-request",
                        ""),
                request(
                        "a rejoin with a wrong token",
                        withToken("wrong", "/nodes/pg2/rejoin", "{}"),
                        401,
                        "unauthenticated",
                        "token"),
                request(
                        "an operation that never was",
                        at -> at.node("pg2").anonymous().get("/operations/pg1-20200101T000000000-0000"),
                        404,
                        "unknown-operation",
                        "pg1-20200101T000000000-0000"),
                request(
                        "an operation's id that is none",
                        at -> at.node("pg2").anonymous().get("/operations/nonsense"),
                        404,
                        "unknown-operation",
                        "nonsense"),
                request(
                        "an unknown node's probe",
                        at -> at.node("pg2").anonymous().get("/nodes/pg9/writable"),
                        404,
                        "unknown-member",
                        "pg9"),
                request(
                        "an unknown candidate's readiness",
                        at -> at.node("pg2").anonymous().get("/promote/readiness?candidate=pg9"),
                        404,
                        "unknown-member",
                        "pg9"),
                request(
                        "a lag of an endpoint list that is no size",
                        at -> at.node("pg2").anonymous().get("/read-endpoints?maxLag=much"),
                        400,
                        "invalid-request",
                        "much"));
    }

    static Stream<BadInput> badSituations() {
        return Stream.of(
                new BadInput(
                        "the primary's service is down",
                        at -> at.node("pg1").stopService(),
                        promote("{'candidate':'pg2'}"),
                        503,
                        "peer-unreachable",
                        "pg1",
                        at -> at.node("pg1").startService()),
                new BadInput(
                        "the candidate's service is down",
                        at -> at.node("pg2").stopService(),
                        at -> at.post("pg1", "/promote", Map.of("candidate", "pg2")),
                        503,
                        "peer-unreachable",
                        "pg2",
                        at -> at.node("pg2").startService()),
                new BadInput(
                        "the candidate's PostgreSQL is down",
                        at -> at.node("pg2").stopPostgres(),
                        promote("{'candidate':'pg2'}"),
                        503,
                        "postgres-unavailable",
                        "pg2",
                        at -> at.node("pg2").startPostgres()),
                new BadInput(
                        "there is no primary",
                        at -> at.node("pg1").stopPostgres(),
                        promote("{'candidate':'pg2'}"),
                        409,
                        "not-ready",
                        "primary",
                        at -> at.node("pg1").startPostgres()),
                new BadInput(
                        "the candidate's slots are used up",
                        at -> at.node("pg2")
                                .sql("SELECT pg_create_physical_replication_slot('used_' || n)"
                                        + " FROM generate_series(1, current_setting('max_replication_slots')::int) n"),
                        promote("{'candidate':'pg2'}"),
                        409,
                        "not-ready",
                        "slots",
                        at -> at.node("pg2")
                                .sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")),
                new BadInput(
                        "replay lags beyond the limit",
                        at -> {
                            LocalProcesses.signal(startupProcess(at.node("pg2")), "STOP");
                            at.node("pg1")
                                    .sql("CREATE TABLE lag AS SELECT repeat('x', 1000) FROM generate_series(1, 5000)");
                        },
                        promote("{'candidate':'pg2','maxLag':'1MB'}"),
                        409,
                        "not-ready",
                        "1.0 MB are allowed",
                        at -> {
                            LocalProcesses.signal(startupProcess(at.node("pg2")), "CONT");
                            at.node("pg1").sql("DROP TABLE lag");
                        }),
                new BadInput(
                        "replay is paused",
                        at -> at.node("pg2").sql("SELECT pg_wal_replay_pause()"),
                        promote("{'candidate':'pg2'}"),
                        409,
                        "not-ready",
                        "paused",
                        at -> at.node("pg2").sql("SELECT pg_wal_replay_resume()")),
                new BadInput(
                        "replay is delayed",
                        at -> alter(at.node("pg2"), "recovery_min_apply_delay = '1h'"),
                        promote("{'candidate':'pg2'}"),
                        409,
                        "not-ready",
                        "recovery_min_apply_delay",
                        at -> alter(at.node("pg2"), "recovery_min_apply_delay = 0")),
                new BadInput(
                        "the archive command fails",
                        BadInputIT::breakArchiving,
                        promote("{'candidate':'pg2'}"),
                        409,
                        "not-ready",
                        "archiv",
                        BadInputIT::mendArchiving),
                new BadInput(
                        "the replication password is wrong, for a switchover",
                        at -> at.node("pg1").sql("ALTER ROLE estafet_replication PASSWORD 'another'"),
                        promote("{'candidate':'pg2'}"),
                        409,
                        "not-ready",
                        "log in",
                        BadInputIT::mendPassword),
                new BadInput(
                        "the replication password is wrong, for a setup",
                        at -> at.node("pg1").sql("ALTER ROLE estafet_replication PASSWORD 'another'"),
                        setup("{'standby':'pg2'}"),
                        409,
                        "not-ready",
                        "password",
                        BadInputIT::mendPassword));
    }

    private static BadInput request(
            String name, Function<TestCluster, Response> when, int status, String kind, String told) {
        return new BadInput(name, AS_IT_IS, when, status, kind, told, AS_IT_IS);
    }

    private static Function<TestCluster, Response> promote(String body) {
        return withToken(TestCluster.OPERATOR_TOKEN, "/promote", body);
    }

    private static Function<TestCluster, Response> setup(String body) {
        return withToken(TestCluster.OPERATOR_TOKEN, "/setup", body);
    }

    /** A call to the second node that waits for its end; the body has single quotes, for the reader's sake. */
    private static Function<TestCluster, Response> withToken(String token, String path, String body) {
        return at -> at.node("pg2")
                .anonymous()
                .auth()
                .preemptive()
                .oauth2(token)
                .contentType(ContentType.JSON)
                .header("Prefer", "wait=60")
                .body(body.replace('\'', '"'))
                .post(path);
    }

    /** What the driver of the setup, which has ended, says to its peer, once more. */
    private static Response enlistmentInTheSetup(TestCluster at) {
        var setup = at.node("pg2").anonymous().get("/operations?local=true").path("find { it.kind == 'setup' }.id");
        return at.node("pg1")
                .anonymous()
                .auth()
                .preemptive()
                .oauth2(TestCluster.PEER_TOKEN)
                .header(Cluster.HEADER, TestCluster.NAME)
                .queryParam("driver", "pg2")
                .post("/peer/enlistment/" + setup);
    }

    /** The process that replays WAL: stopped, it lags without having been paused. */
    private static ProcessHandle startupProcess(TestNode node) {
        return LocalProcesses.of(node.data()).stream()
                .filter(it -> LocalProcesses.commandLine(it.pid()).contains("startup"))
                .findFirst()
                .orElseThrow();
    }

    private static void alter(TestNode node, String setting) {
        var value = node.setting(setting.replaceFirst(" .*", ""));
        node.sql("ALTER SYSTEM SET " + setting, "SELECT pg_reload_conf()");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> !node.setting(setting.replaceFirst(" .*", "")).equals(value));
    }

    private static void breakArchiving(TestCluster cluster) {
        var primary = cluster.node("pg1");
        alter(primary, "archive_command = 'false'");
        primary.sql("CREATE TABLE to_archive()", "DROP TABLE to_archive", "SELECT pg_switch_wal()");
        await("archiving fails")
                .atMost(Duration.ofSeconds(30))
                .until(() -> primary.text("SELECT last_failed_time > coalesce(last_archived_time, '-infinity')"
                                + " FROM pg_stat_archiver")
                        .equals("t"));
    }

    private static void mendArchiving(TestCluster cluster) {
        var primary = cluster.node("pg1");
        alter(primary, "archive_command = 'true'");
        primary.sql("SELECT pg_switch_wal()");
        await("archiving works")
                .atMost(Duration.ofSeconds(90))
                .until(() -> primary.text("SELECT last_archived_time > last_failed_time FROM pg_stat_archiver")
                        .equals("t"));
    }

    private static void mendPassword(TestCluster cluster) {
        cluster.node("pg1")
                .sql("ALTER ROLE estafet_replication PASSWORD '" + TestCluster.REPLICATION_PASSWORD.replace("'", "''")
                        + "'");
    }
}
