package dev.estafet.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.node.Node;
import jakarta.ws.rs.client.ClientRequestContext;
import jakarta.ws.rs.client.ClientRequestFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.rest.client.RestClientBuilder;
import org.eclipse.microprofile.rest.client.ext.ResponseExceptionMapper;

/** Builds REST clients that speak a peer's verbs with the peers' token and turn problem documents back into problems. */
final class PeerClient {

    private PeerClient() {}

    static Node of(URI service, Credentials credentials, ObjectMapper json, Duration connect, Duration read) {
        return RestClientBuilder.newBuilder()
                .baseUri(service)
                .connectTimeout(connect.toMillis(), TimeUnit.MILLISECONDS)
                .readTimeout(read.toMillis(), TimeUnit.MILLISECONDS)
                .register(credentials)
                .register(new Problems(json))
                .build(Node.class);
    }

    /** Sends who calls. */
    record Credentials(String cluster, String token) implements ClientRequestFilter {

        @Override
        public void filter(ClientRequestContext request) {
            request.getHeaders().putSingle(Cluster.HEADER, cluster);
            request.getHeaders().putSingle(HttpHeaders.AUTHORIZATION, "Bearer " + token);
        }

        /** Keeps the token out of logs. */
        @Override
        public String toString() {
            return "credentials of cluster " + cluster;
        }
    }

    /** Reads a peer's {@code application/problem+json}. */
    private record Problems(ObjectMapper json) implements ResponseExceptionMapper<RuntimeException> {

        @Override
        public boolean handles(int status, MultivaluedMap<String, Object> headers) {
            return status >= 400;
        }

        @Override
        public RuntimeException toThrowable(Response response) {
            var body = response.readEntity(String.class);
            try {
                var document = json.readTree(body);
                return new Problem(
                                Kind.ofType(document.path("type").asText()),
                                document.path("detail").asText("answered " + response.getStatus()),
                                document.path("remedy").asText("Look into its service's log."))
                        .raised();
            } catch (JsonProcessingException notOurs) {
                return new Problem(
                                Kind.PEER_UNREACHABLE,
                                "it answered %d: %s".formatted(response.getStatus(), body),
                                "Check that its service address in estafet.members leads to an Estafet service.")
                        .raisedBy(notOurs);
            }
        }
    }
}
