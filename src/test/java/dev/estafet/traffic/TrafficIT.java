package dev.estafet.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.estafet.testing.Followed;
import dev.estafet.testing.RealServers;
import dev.estafet.testing.Schemas;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import io.restassured.response.Response;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What load balancers and clients are told, whoever they ask and whichever node is the primary. */
@RealServers
@Execution(ExecutionMode.SAME_THREAD)
class TrafficIT {

    private final TestCluster cluster = TestCluster.of("pg1", "pg2");
    private final TestNode pg1 = cluster.node("pg1");
    private final TestNode pg2 = cluster.node("pg2");

    @BeforeAll
    void aPair() {
        cluster.startWithOnePrimary("--data-checksums").setUpAll();
    }

    @AfterAll
    void end() {
        cluster.close();
    }

    @Test
    void everyNodeTellsWhoIsWritableAndWhoServesReadsBeforeAndAfterASwitchover() {
        // Given
        if (!cluster.primary().name().equals("pg1")) {
            cluster.promote("pg1");
        }
        everybodyTellsThatPrimaryIs(pg1, pg2);
        try (var followed1 = new Followed(pg1, "/write-endpoint?format=text");
                var followed2 = new Followed(pg2, "/read-endpoints")) {
            followed1.awaitEvent("data: 127.0.0.1:" + pg1.port());
            followed2.awaitEvent("\"node\":\"pg2\"");

            // When
            cluster.promote("pg2");

            // Then
            everybodyTellsThatPrimaryIs(pg2, pg1);
            followed1.awaitEvent("data: 127.0.0.1:" + pg2.port());
            followed2.awaitEvent("\"endpoints\":[{\"node\":\"pg1\"");
        }
    }

    @Test
    void everyFormIsWhatItsReadersTake() {
        var primary = cluster.primary();
        var standby = primary == pg1 ? pg2 : pg1;
        everybodyTellsThatPrimaryIs(primary, standby);

        for (var asked : cluster.nodes()) {
            var envoy = asked.anonymous().get("/read-endpoints?format=envoy");
            Schemas.hold("envoy-discovery-response", envoy.asString());
            assertThat(
                            envoy.jsonPath()
                                    .getInt(
                                            "resources[0].endpoints[0].lb_endpoints[0].endpoint.address.socket_address.port_value"))
                    .isEqualTo(standby.port());
            var prometheus = asked.anonymous().get("/write-endpoint?format=prometheus");
            Schemas.hold("prometheus-http-sd", prometheus.asString());
            assertThat(prometheus.jsonPath().getString("[0].targets[0]")).isEqualTo("127.0.0.1:" + primary.port());
            assertThat(text(asked, "/write-endpoint?format=libpq"))
                    .isEqualTo(
                            "postgresql://127.0.0.1:%d/?target_session_attrs=read-write\n".formatted(primary.port()));
            assertThat(text(asked, "/read-endpoints?format=libpq"))
                    .isEqualTo("postgresql://127.0.0.1:%d/?target_session_attrs=prefer-standby\n"
                            .formatted(standby.port()));
            assertThat(text(asked, "/write-endpoint?format=jdbc"))
                    .isEqualTo("jdbc:postgresql://127.0.0.1:%d/?targetServerType=primary\n".formatted(primary.port()));
            assertThat(text(asked, "/read-endpoints?format=haproxy")).contains("listen writes", "listen reads");
            assertThat(text(asked, "/read-endpoints?format=text&min=2").lines()).hasSize(2);
            assertThat(text(asked, "/read-endpoints?format=text&min=2&fallback=false")
                            .lines())
                    .hasSize(1);
            assertThat(asked.anonymous().get("/read-endpoints?min=many").statusCode())
                    .isEqualTo(400);
            assertThat(asked.anonymous().get("/read-endpoints?fallback=perhaps").statusCode())
                    .isEqualTo(400);
        }
    }

    @Test
    void whoHasTheListAlreadyIsToldSo() {
        for (var format : List.of("json", "text", "haproxy", "envoy", "prometheus", "libpq", "jdbc")) {
            var path = "/read-endpoints?format=" + format;
            var tag = pg1.anonymous().accept("*/*").get(path).header("ETag");
            var again =
                    pg1.anonymous().accept("*/*").header("If-None-Match", tag).get(path);
            assertThat(again.statusCode()).as(path).isEqualTo(304);
            assertThat(again.asString()).isEmpty();
            assertThat(pg1.anonymous()
                            .accept("*/*")
                            .header("If-None-Match", "\"another\"")
                            .get(path)
                            .statusCode())
                    .isEqualTo(200);
        }
        var question = "{\"resource_names\":[\"reads\",\"writes\"],\"node\":{\"id\":\"envoy\"}%s}";
        var first = envoy(question.formatted(""));
        Schemas.hold("envoy-discovery-response", first.asString());
        assertThat(first.jsonPath().<String>getList("resources.cluster_name")).containsExactly("reads", "writes");
        var version = first.jsonPath().getString("version_info");
        assertThat(envoy(question.formatted(",\"version_info\":\"%s\"".formatted(version)))
                        .statusCode())
                .isEqualTo(304);
    }

    private Response envoy(String question) {
        return pg1.anonymous()
                .urlEncodingEnabled(false)
                .contentType("application/json")
                .body(question)
                .post("/v3/discovery:endpoints");
    }

    private static String text(TestNode asked, String path) {
        return asked.anonymous().accept("text/plain").get(path).asString();
    }

    private void everybodyTellsThatPrimaryIs(TestNode primary, TestNode standby) {
        cluster.awaitWritable(primary.name());
        for (var asked : cluster.nodes()) {
            await(asked.name() + " knows")
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> asked.anonymous()
                                    .get("/nodes/" + standby.name() + "/readable")
                                    .statusCode()
                            == 200);
            probe(asked, "/nodes/" + primary.name() + "/writable", 200, primary, "writable");
            probe(asked, "/nodes/" + standby.name() + "/writable", 503, standby, "read-only");
            probe(asked, "/nodes/" + standby.name() + "/readable", 200, standby, "read-only");

            assertThat(asked.anonymous().get("/write-endpoint?format=text").asString())
                    .isEqualTo("127.0.0.1:" + primary.port() + "\n");
            assertThat(asked.anonymous()
                            .accept("text/plain")
                            .get("/write-endpoint")
                            .asString())
                    .isEqualTo("127.0.0.1:" + primary.port() + "\n");
            assertThat(asked.anonymous()
                            .accept("text/plain")
                            .get("/read-endpoints")
                            .asString())
                    .isEqualTo("127.0.0.1:" + standby.port() + "\n");
            var endpoints = asked.anonymous().get("/read-endpoints").jsonPath();
            assertThat(endpoints.<String>getList("endpoints.node")).containsExactly(standby.name());
            assertThat(endpoints.<String>getList("endpoints.host")).containsExactly("127.0.0.1");
            assertThat(endpoints.<Integer>getList("endpoints.port")).containsExactly(standby.port());
            assertThat(endpoints.getLong("endpoints[0].lag.bytes")).isBetween(0L, 1L << 20);
        }
        probe(primary, "/writable", 200, primary, "writable");
        probe(standby, "/writable", 503, standby, "read-only");
        probe(standby, "/readable", 200, standby, "read-only");
        status(primary, standby);
    }

    private static void probe(TestNode asked, String path, int status, TestNode about, String label) {
        var answer = asked.anonymous().get(path);
        assertThat(answer.statusCode())
                .as(path + " at " + asked.name() + ": " + answer.asString())
                .isEqualTo(status);
        assertThat(answer.jsonPath().getString("node")).isEqualTo(about.name());
        assertThat(answer.jsonPath().getString("label")).isEqualTo(label);
        assertThat(answer.jsonPath().getString("reason")).isNotBlank();
        var head = asked.anonymous().head(path);
        assertThat(head.statusCode()).isEqualTo(status);
        assertThat(head.asString()).isEmpty();
    }

    private void status(TestNode primary, TestNode standby) {
        for (var asked : cluster.nodes()) {
            var status = asked.anonymous().get("/status").jsonPath();
            assertThat(status.getString("cluster")).isEqualTo("tests");
            assertThat(status.getString("observedBy")).isEqualTo(asked.name());
            assertThat(status.<String>getList("nodes.name")).containsExactly("pg1", "pg2");
            assertThat(status.<String>getList("nodes.service")).containsOnly("reachable");
            assertThat(status.param("n", primary.name()).getString("nodes.find { it.name == n }.role"))
                    .isEqualTo("primary");
            assertThat(status.param("n", standby.name()).getString("nodes.find { it.name == n }.role"))
                    .isEqualTo("standby");
            assertThat(status.param("n", standby.name()).getString("nodes.find { it.name == n }.state"))
                    .isEqualTo("streaming");
            assertThat(status.getList("nodes.timeline")).doesNotContainNull().hasSize(2);
            assertThat(status.getList("problems")).as(status.prettify()).isEmpty();
        }
    }

    @Test
    void withoutAStandbyThatCanServeThemReadsGoToThePrimary() {
        // Given
        var primary = cluster.primary();
        var standby = primary == pg1 ? pg2 : pg1;

        // When
        standby.stopPostgres();

        // Then
        try {
            await("the primary is listed for reads")
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> primary.anonymous()
                            .accept("text/plain")
                            .get("/read-endpoints")
                            .asString()
                            .equals("127.0.0.1:" + primary.port() + "\n"));
            assertThat(standby.anonymous().get("/readable").statusCode()).isEqualTo(503);
            assertThat(standby.anonymous().get("/readable").jsonPath().getString("label"))
                    .isEqualTo("unavailable");
            assertThat(cluster.writable()).isEqualTo(List.of(primary.name()));
        } finally {
            standby.startPostgres();
            cluster.awaitStreaming(primary.name(), standby.name());
        }
    }

    @Test
    void aPrimaryThatIsReadOnlyByDefaultIsNotWritable() {
        // Given
        var primary = cluster.primary();
        cluster.awaitWritable(primary.name());

        // When
        primary.sql("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()");

        // Then
        try {
            await("nobody is writable")
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> cluster.writable().isEmpty());
            assertThat(primary.anonymous().get("/writable").jsonPath().getString("reason"))
                    .contains("default_transaction_read_only");
        } finally {
            primary.sql(
                    "SET default_transaction_read_only = off",
                    "ALTER SYSTEM RESET default_transaction_read_only",
                    "SELECT pg_reload_conf()");
            cluster.awaitWritable(primary.name());
        }
    }

    @Test
    void metricsTellOfSwitchoversPhasesLabelsAndLag() {
        // Given
        var old = cluster.primary();
        var candidate = old == pg1 ? pg2 : pg1;
        cluster.awaitWritable(old.name());
        var node = "node=\"%s\"".formatted(candidate.name());
        var completed = "estafet_operations_total{kind=\"switchover\",%s,state=\"completed\"}".formatted(node);
        var failed = "estafet_operations_total{kind=\"switchover\",%s,state=\"failed\"}".formatted(node);
        var downtime = "estafet_switchover_write_downtime_seconds_%s{" + node + "}";
        var becameWritable = "estafet_label_changes_total{label=\"writable\",%s}".formatted(node);
        var demote = "estafet_phase_seconds_count{kind=\"switchover\",%s,phase=\"demote\"}".formatted(node);
        var before = metrics(candidate);
        assertThat(before).containsEntry("estafet_label{label=\"read-only\",%s}".formatted(node), 1.0);
        assertThat(before.get("estafet_lag_bytes{" + node + "}")).isBetween(0.0, 1e6);
        assertThat(before.get("estafet_lag_seconds{" + node + "}")).isGreaterThanOrEqualTo(0);

        // When
        var certified = Double.parseDouble(cluster.promote(candidate.name()).certified("writeDowntimeMillis"));

        // Then
        cluster.awaitWritable(candidate.name());
        await("the end is counted")
                .atMost(Duration.ofSeconds(30))
                .until(() -> growth(before, metrics(candidate), completed) == 1);
        var after = metrics(candidate);
        assertThat(growth(before, after, failed)).isZero();
        assertThat(growth(before, after, downtime.formatted("count"))).isEqualTo(1);
        assertThat(growth(before, after, downtime.formatted("sum"))).isCloseTo(certified / 1e3, within(1e-6));
        assertThat(after)
                .containsKey("estafet_switchover_write_downtime_seconds_bucket{%s,le=\"0.1\"}".formatted(node));
        assertThat(growth(before, after, demote)).isEqualTo(1);
        assertThat(growth(before, after, becameWritable)).isEqualTo(1);
        assertThat(after).containsEntry("estafet_label{label=\"writable\",%s}".formatted(node), 1.0);
        assertThat(after.get("estafet_lag_bytes{" + node + "}")).isNaN();
        assertThat(growth(before, after, "estafet_probe_seconds_count{" + node + "}"))
                .isPositive();
        assertThat(after).containsEntry("estafet_operations_running{" + node + "}", 0.0);
    }

    private static double growth(Map<String, Double> before, Map<String, Double> after, String series) {
        return after.getOrDefault(series, 0.0) - before.getOrDefault(series, 0.0);
    }

    /** Each series, without the cluster's name, with its value. */
    private static Map<String, Double> metrics(TestNode node) {
        return node.anonymous()
                .accept("text/plain")
                .get("/q/metrics")
                .asString()
                .lines()
                .filter(line -> line.startsWith("estafet_"))
                .map(line -> line.replace("cluster=\"tests\",", "").replace(",}", "}"))
                .collect(Collectors.toMap(
                        line -> line.substring(0, line.lastIndexOf(' ')),
                        line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))));
    }

    @Test
    void quarkusOwnPathsAnswer() {
        assertThat(pg1.anonymous().get("/q/health").statusCode()).isEqualTo(200);
        assertThat(pg1.anonymous().accept("*/*").get("/q/metrics").asString()).contains("jvm_memory");
        assertThat(pg1.anonymous().accept("*/*").get("/q/openapi").asString()).contains("/promote:");
        assertThat(pg1.anonymous().accept("*/*").get("/q/swagger-ui/").statusCode())
                .isEqualTo(200);
    }
}
