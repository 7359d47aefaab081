package dev.estafet.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.testing.RealServers;
import dev.estafet.testing.TestCluster;
import io.restassured.response.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.MethodName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Members whose servers do not belong together: nobody is promoted, nobody is made a standby of the wrong one. */
@RealServers
@TestMethodOrder(MethodName.class)
class StrangersIT {

    private final TestCluster cluster = TestCluster.of("pg1", "pg2", "pg3");

    @BeforeAll
    void twoServersThatKnowNothingOfEachOther() {
        cluster.node("pg1").initdb().startPostgres();
        cluster.node("pg2").initdb().startPostgres();
        cluster.startServices();
    }

    @AfterAll
    void end() {
        cluster.close();
    }

    @Test
    void aSetupWithTwoPrimariesIsRefused() {
        var before = cluster.serverStates();

        var answer = cluster.post("pg3", "/setup", Map.of("standby", "pg3"));

        refused(answer, "more than one");
        assertThat(cluster.serverStates()).isEqualTo(before);
    }

    @Test
    void aSwitchoverWithTwoPrimariesIsRefused() {
        var before = cluster.serverStates();

        var answer = cluster.post("pg3", "/promote", Map.of("candidate", "pg2"));

        refused(answer, "more than one");
        assertThat(cluster.serverStates()).isEqualTo(before);
        assertThat(cluster.node("pg1")
                        .anonymous()
                        .get("/status")
                        .jsonPath()
                        .getList("problems.detail")
                        .toString())
                .contains("pg1")
                .contains("pg2");
    }

    @Test
    void zLastOfAllAStandbyOfAnotherSystemIsRefused() throws IOException {
        // Given
        var stranger = cluster.node("pg2");
        stranger.stopPostgres();
        var signal = Files.createFile(stranger.data().resolve("standby.signal"));
        Files.setOwner(signal, Files.getOwner(stranger.data()));
        Files.setPosixFilePermissions(signal, PosixFilePermissions.fromString("rw-------"));
        stranger.startPostgres();
        cluster.node("pg3").initdb().emptyData();
        var before = cluster.serverStates();

        // When
        var readiness = cluster.node("pg1").anonymous().get("/promote/readiness?candidate=pg2");

        // Then
        assertThat(readiness.statusCode()).isEqualTo(200);
        assertThat(readiness.jsonPath().getBoolean("ready")).isFalse();
        assertThat(readiness.jsonPath().<String>getList("checks.findAll { it.outcome == 'failure' }.name"))
                .isNotEmpty();
        var answer = cluster.post("pg1", "/promote", Map.of("candidate", "pg2"));
        assertThat(answer.statusCode()).as(answer.asString()).isIn(409, 503);
        assertThat(answer.jsonPath().getString("remedy")).isNotBlank();
        assertThat(cluster.serverStates()).isEqualTo(before);
    }

    private static void refused(Response answer, String told) {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(409);
        assertThat(answer.contentType()).startsWith("application/problem+json");
        assertThat(answer.jsonPath().getString("type")).isEqualTo("urn:estafet:problem:not-ready");
        assertThat(answer.jsonPath().getString("detail")).containsIgnoringCase(told);
        assertThat(answer.jsonPath().getString("remedy")).isNotBlank();
    }
}
