package dev.estafet.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.estafet.testing.RealServers;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Operations as callers see them: begun, followed, repeated, refused, cancelled, remembered. */
@RealServers
class OperationsIT {

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

    @BeforeEach
    void pg1IsThePrimary() {
        if (!cluster.primary().name().equals("pg1")) {
            cluster.promote("pg1");
        }
        cluster.awaitStreaming("pg1", "pg2");
        cluster.awaitWritable("pg1");
    }

    @Test
    void whoDoesNotWaitIsToldWhereToLook() {
        // When
        var answer = pg1.operator()
                .body(Map.of("candidate", "pg2", "reason", "told where"))
                .post("/promote");

        // Then
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(202);
        var id = answer.jsonPath().getString("id");
        assertThat(answer.header("Location")).endsWith("/operations/" + id);
        assertThat(answer.jsonPath().getString("kind")).isEqualTo("switchover");
        assertThat(answer.jsonPath().getString("driver")).isEqualTo("pg2");
        assertThat(answer.jsonPath().getString("state")).isEqualTo("running");
        assertThat(answer.jsonPath().getString("requestedBy")).isEqualTo(TestCluster.OPERATOR);
        assertThat(answer.jsonPath().getString("reason")).isEqualTo("told where");
        assertThat(cluster.awaitEnd("pg1", id).state()).isEqualTo("completed");
    }

    @Test
    void everyNodeListsAndShowsAnOperationWhoeverDroveIt() {
        // When
        var operation = cluster.promote("pg2");

        // Then
        for (var node : cluster.nodes()) {
            var listed = node.anonymous().get("/operations").jsonPath();
            assertThat(listed.getList("id", String.class)).as(node.name()).contains(operation.id());
            var shown = cluster.operation(node.name(), operation.id());
            assertThat(shown.state()).isEqualTo("completed");
            assertThat(shown.certified("newPrimary")).isEqualTo("pg2");
            assertThat(shown.json().getBoolean("committed")).isTrue();
            assertThat(shown.json().getString("endedAt")).isNotNull();
        }
    }

    @Test
    void theSameIdempotencyKeyReturnsTheSameOperation() {
        // Given
        var key = UUID.randomUUID().toString();
        var first = pg1.operator()
                .header("Idempotency-Key", key)
                .header("Prefer", "wait=60")
                .body(Map.of("candidate", "pg2"))
                .post("/promote");
        assertThat(first.statusCode()).as(first.asString()).isEqualTo(200);

        // When
        var second = pg2.operator()
                .header("Idempotency-Key", key)
                .header("Prefer", "wait=60")
                .body(Map.of("candidate", "pg2"))
                .post("/promote");

        // Then
        assertThat(second.statusCode()).as(second.asString()).isEqualTo(200);
        assertThat(second.jsonPath().getString("id")).isEqualTo(first.jsonPath().getString("id"));
        assertThat(cluster.primary().name()).isEqualTo("pg2");
    }

    @Test
    void aSecondOperationIsRefusedWhileOneRunsAndTheFirstCanBeCancelled() {
        // Given
        try (var frozen = pg1.freeze("checkpointer")) {
            var running = cluster.begin("pg2", "/promote", Map.of("candidate", "pg2"));
            awaitPhase("checkpoint", running.id());

            // When
            var refused = cluster.post("pg1", "/promote", Map.of("candidate", "pg2"));

            // Then
            assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(409);
            assertThat(refused.jsonPath().getString("type")).isEqualTo("urn:estafet:problem:operation-in-progress");
            assertThat(refused.asString()).contains(running.id());
            var cancelled = pg1.operator().delete("/operations/" + running.id());
            assertThat(cancelled.statusCode()).as(cancelled.asString()).isBetween(200, 202);
            frozen.close();
            assertThat(cluster.awaitEnd("pg1", running.id()).state()).isEqualTo("cancelled");
        }
        assertThat(cluster.primary().name()).isEqualTo("pg1");
        assertThat(pg2.slots()).isEmpty();
        cluster.awaitWritable("pg1");
    }

    @Test
    void whatHasEndedCannotBeCancelled() {
        // Given
        var operation = cluster.promote("pg2");

        // When
        var answer = pg1.operator().delete("/operations/" + operation.id());

        // Then
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(409);
        assertThat(answer.jsonPath().getString("type")).isEqualTo("urn:estafet:problem:too-late");
        assertThat(answer.jsonPath().getString("remedy")).isNotBlank();
    }

    @Test
    void anOperationCanBeFollowedLiveFromAnyNode() throws IOException, InterruptedException {
        // Given
        var operation = cluster.begin("pg2", "/promote", Map.of("candidate", "pg2"));

        // When
        for (var node : List.of(pg2, pg1)) {
            var lines = follow(node, operation.id());

            // Then
            var data = lines.stream().filter(it -> it.startsWith("data:")).toList();
            assertThat(data).as(node.name()).isNotEmpty();
            assertThat(data.getLast()).contains("\"completed\"").contains(operation.id());
        }
    }

    @Test
    void aRestartedServiceRemembersWhatItDrove() {
        // Given
        var operation = cluster.promote("pg2");

        // When
        pg2.restartService();

        // Then
        var remembered = cluster.operation("pg2", operation.id());
        assertThat(remembered.state()).isEqualTo("completed");
        assertThat(remembered.phases()).isEqualTo(operation.phases());
        assertThat(remembered.certified("switchPoint")).isEqualTo(operation.certified("switchPoint"));
        cluster.awaitWritable("pg2");
    }

    private void awaitPhase(String phase, String id) {
        await("phase " + phase)
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> cluster.operation("pg2", id).phases().contains(phase));
    }

    private static List<String> follow(TestNode node, String id) throws IOException, InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(node.address().resolve("/operations/" + id))
                    .header("Accept", "text/event-stream")
                    .timeout(Duration.ofSeconds(60))
                    .build();
            return client.send(request, BodyHandlers.ofLines()).body().toList();
        }
    }
}
