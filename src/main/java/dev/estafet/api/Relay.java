package dev.estafet.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.EstafetConfig;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.Secrets;
import dev.estafet.cluster.Cluster;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Hands a call to the node that drives its operation, and its answer back, as it comes in. */
@Singleton
final class Relay {

    /** Headers of the caller that mean something to the driver. */
    private static final List<String> ASKED = List.of(HttpHeaders.ACCEPT, "Prefer", "Idempotency-Key");

    private static final List<String> ANSWERED =
            List.of(HttpHeaders.CONTENT_TYPE, HttpHeaders.LOCATION, "Preference-Applied");

    private final Cluster cluster;
    private final ObjectMapper json;
    private final String name;
    private final String token;
    private final HttpClient client;

    Relay(EstafetConfig config, Cluster cluster, ObjectMapper json) {
        this.cluster = cluster;
        this.json = json;
        this.name = config.cluster();
        this.token = Secrets.token(config.peer()).orElse("");
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(config.timeOuts().peer())
                .build();
    }

    /** Sends a call to that member and returns its answer, whatever its status. */
    Response send(
            String member, String method, String path, @Nullable Object body, HttpHeaders caller, String operator) {
        var request = request(member, path)
                .header(Authentication.REQUESTED_BY, operator)
                .header(HttpHeaders.CONTENT_TYPE, "application/json")
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(write(body)));
        ASKED.forEach(header ->
                Optional.ofNullable(caller.getHeaderString(header)).ifPresent(value -> request.header(header, value)));
        return answer(exchange(member, request.build()));
    }

    /** What a member answers to a reading call, as text. */
    String get(String member, String path) {
        try (var body = exchange(member, request(member, path).GET().build()).body()) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw unreachable(member, failure);
        }
    }

    private HttpRequest.Builder request(String member, String path) {
        return HttpRequest.newBuilder(cluster.member(member).service().resolve(path))
                .header(HttpHeaders.AUTHORIZATION, "Bearer " + token)
                .header(Cluster.HEADER, name);
    }

    private HttpResponse<InputStream> exchange(String member, HttpRequest request) {
        try {
            return client.send(request, BodyHandlers.ofInputStream());
        } catch (IOException failure) {
            throw unreachable(member, failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    private static Response answer(HttpResponse<InputStream> received) {
        var response = Response.status(received.statusCode()).entity((StreamingOutput) output -> {
            var buffer = new byte[8192];
            try (var body = received.body()) {
                for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
                    output.write(buffer, 0, n);
                    output.flush();
                }
            }
        });
        ANSWERED.forEach(
                header -> received.headers().firstValue(header).ifPresent(value -> response.header(header, value)));
        return response.build();
    }

    private String write(Object body) {
        try {
            return json.writeValueAsString(body);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private RuntimeException unreachable(String member, IOException failure) {
        return new Problem(
                        Kind.PEER_UNREACHABLE,
                        "The service of %s at %s does not answer: %s"
                                .formatted(member, cluster.member(member).service(), failure),
                        "What was asked for may be going on all the same: look at GET /operations before you ask again,"
                                + " or ask again with the same Idempotency-Key.")
                .raisedBy(failure);
    }
}
