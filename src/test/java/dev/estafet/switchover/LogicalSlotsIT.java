package dev.estafet.switchover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.estafet.testing.PostgresInstallation;
import dev.estafet.testing.RealServers;
import dev.estafet.testing.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Logical replication over a switchover: failover slots, 17 and newer, go on; other slots are lost, and that is said. */
@RealServers
class LogicalSlotsIT {

    private static final String INSERT = "INSERT INTO invoice SELECT coalesce(max(id), 0) + 1 FROM invoice";

    private static final String CHANGES = """
            SELECT count(*) FROM pg_logical_slot_get_binary_changes('billing', NULL, NULL,
                'proto_version', '1', 'publication_names', 'invoices')
            """;

    private final TestCluster cluster = TestCluster.of("pg1", "pg2");
    private final boolean canFailOver = PostgresInstallation.used().major() >= 17;

    @BeforeAll
    void aPublicationAndASlot() {
        cluster.node("pg1").initdb("--data-checksums").configure("wal_level = logical");
        if (canFailOver) {
            cluster.node("pg1")
                    .configure("sync_replication_slots = on")
                    .configure("hot_standby_feedback = on")
                    .configure("synchronized_standby_slots = 'estafet_pg2'");
        }
        cluster.node("pg1").startPostgres();
        cluster.startServices().setUpAll();
        cluster.node("pg1")
                .sql(
                        "CREATE TABLE invoice (id integer PRIMARY KEY)",
                        "CREATE PUBLICATION invoices FOR TABLE invoice",
                        "SELECT pg_create_logical_replication_slot('billing', 'pgoutput'%s)"
                                .formatted(canFailOver ? ", failover => true" : ""));
    }

    @AfterAll
    void end() {
        cluster.close();
    }

    @Test
    void failoverSlotsGoOnWithoutAGapAndOthersAreNamedBeforeTheyAreLost() {
        if (canFailOver) {
            failoverSlotGoesOn("pg2");
            failoverSlotGoesOn("pg1");
        } else {
            slotIsNamedAndLost();
        }
    }

    private void failoverSlotGoesOn(String candidate) {
        // Given
        var primary = cluster.primary();
        await("the slot, whose consumer reads on, is synchronised on " + candidate)
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> {
                    primary.sql(INSERT);
                    primary.text(CHANGES);
                    return "pass".equals(logicalSlotsCheck(candidate).get("outcome"));
                });
        primary.sql(INSERT);

        // When
        cluster.promote(candidate);

        // Then
        cluster.node(candidate).sql(INSERT);
        assertThat(Integer.parseInt(cluster.node(candidate).text(CHANGES)))
                .as("begin, insert and commit of a row from before and of one from after, at least")
                .isGreaterThanOrEqualTo(6);
    }

    private void slotIsNamedAndLost() {
        // When
        var check = logicalSlotsCheck("pg2");

        // Then
        assertThat(check).containsEntry("outcome", "warning");
        assertThat(check.get("detail")).asString().contains("billing");

        // When
        cluster.promote("pg2");

        // Then
        assertThat(cluster.node("pg2").slots()).doesNotContainKey("billing");
    }

    private Map<String, Object> logicalSlotsCheck(String candidate) {
        List<Map<String, Object>> checks = cluster.node(candidate)
                .anonymous()
                .get("/promote/readiness?candidate=" + candidate)
                .jsonPath()
                .getList("checks.findAll { it.name == 'logical-slots' }");
        return checks.getFirst();
    }
}
