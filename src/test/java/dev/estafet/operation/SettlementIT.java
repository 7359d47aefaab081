package dev.estafet.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.estafet.testing.Operation;
import dev.estafet.testing.PostgresInstallation;
import dev.estafet.testing.RealServers;
import dev.estafet.testing.ServerUser;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import io.restassured.response.Response;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A primary that was demoted for a driver that is gone stays down until a person says what became of the operation. */
@RealServers
class SettlementIT {

    private final TestCluster cluster = TestCluster.of("pg1", "pg2").with("estafet.time-outs.prove", "60s");
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
    void aDriverThatLostItsJournalLeavesTheDecisionToAPerson() throws SQLException {
        // Given
        cluster.awaitWritable("pg1");
        cluster.awaitStreaming("pg1", "pg2");
        try (var writers = cluster.startWriters()) {
            var operation = demotedAndDriverKilled();
            ServerUser.run("rm", "-r", pg2.state() + "/operations", pg2.state() + "/enlistment.json");
            pg2.startService();

            // When its server is started behind the service's back, as its worst operator would
            assertThat(cluster.writable()).isEmpty();
            ServerUser.run("rm", pg1.data().resolve("standby.signal").toString());
            ServerUser.run(
                    PostgresInstallation.used().tool("pg_ctl"),
                    "start",
                    "-W",
                    "-D",
                    pg1.data().toString(),
                    "-l",
                    pg1.state().resolve("postgresql.log").toString());

            // Then it is stopped, and never called writable
            await("pg1 is stopped again")
                    .atMost(Duration.ofSeconds(30))
                    .failFast(() -> !cluster.writable().isEmpty())
                    .until(() -> pg1.serviceLog().contains("so it is stopped") && !pg1.isRunning());
            assertThat(findings()).contains("held-by-operation");

            // When
            refused(settle("pg1", operation, "pending"), 400, "aborted or committed");
            refused(settle("pg2", operation, "aborted"), 409, "takes no part");
            var settled = settle("pg2", "pg1", operation, "aborted");

            // Then
            assertThat(settled.statusCode()).as(settled.asString()).isEqualTo(200);
            assertThat(settled.jsonPath().getString("requestedBy")).isEqualTo(TestCluster.OPERATOR);
            cluster.awaitWritable("pg1");
            cluster.awaitWrites(writers);
            assertThat(writers.stop().verify().lost()).isZero();
        }
        assertThat(pg1.anonymous().get("/operations").jsonPath().getList("kind"))
                .contains("settlement");
    }

    @Test
    void aDriverThatAnswersCannotBeContradicted() {
        // Given
        cluster.awaitWritable("pg1");
        cluster.awaitStreaming("pg1", "pg2");
        try (var frozen = pg2.freeze("startup")) {
            var operation = cluster.begin("pg2", "/promote", Map.of("candidate", "pg2"));
            awaitDemotion(operation);

            // When
            refused(settle("pg1", operation.id(), "aborted"), 409, "pending");
            refused(settle("pg2", operation.id(), "aborted"), 409, "drives this operation");

            // Then it goes on
            frozen.close();
            assertThat(cluster.awaitEnd("pg1", operation.id()).state()).isEqualTo("completed");
        }
        assertThat(cluster.promote("pg1").state()).isEqualTo("completed");
    }

    private String demotedAndDriverKilled() {
        try (var frozen = pg2.freeze("startup")) {
            var operation = cluster.begin("pg2", "/promote", Map.of("candidate", "pg2"));
            awaitDemotion(operation);
            pg2.killService();
            var told = pg1.anonymous().get("/operations/" + operation.id());
            assertThat(told.statusCode()).isEqualTo(503);
            assertThat(told.jsonPath().getString("remedy")).contains("/nodes/pg1/settlement");
            return operation.id();
        }
    }

    private void awaitDemotion(Operation operation) {
        await("the primary is down")
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> cluster.operation("pg2", operation.id()).phases().contains("prove"));
    }

    private List<String> findings() {
        return pg1.anonymous().get("/status").jsonPath().getList("problems.name");
    }

    private Response settle(String node, String operation, String decision) {
        return settle(node, node, operation, decision);
    }

    private Response settle(String asked, String node, String operation, String decision) {
        return cluster.post(
                asked, "/nodes/" + node + "/settlement", Map.of("operation", operation, "decision", decision));
    }

    private static void refused(Response answer, int status, String why) {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(status);
        assertThat(answer.asString()).contains(why);
        assertThat(answer.jsonPath().getString("remedy")).isNotBlank();
    }
}
