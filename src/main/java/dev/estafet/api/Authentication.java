package dev.estafet.api;

import dev.estafet.EstafetConfig;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.Secrets;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.ext.Provider;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.Principal;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who may call what, by path and method, so that a new call is closed until somebody opens it: what only reads is open,
 * what changes something needs an operator's token, and {@code /peer} the peers' own. Where no token is configured, such
 * calls are refused.
 */
@Provider
public final class Authentication implements ContainerRequestFilter {

    /** On calls handed over by a peer: the operator who made them there. */
    static final String REQUESTED_BY = "Estafet-Requested-By";

    static final String CLUSTER = "Estafet-Cluster";

    private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");
    private static final String SCHEME = "bearer ";

    private final String cluster;
    private final Map<String, String> operators = new TreeMap<>();
    private final Optional<String> peer;

    Authentication(EstafetConfig config) {
        this.cluster = config.cluster();
        this.peer = Secrets.token(config.peer());
        config.operators()
                .forEach((name, secret) -> Secrets.token(secret).ifPresent(token -> operators.put(name, token)));
    }

    @Override
    public void filter(ContainerRequestContext request) {
        var path = request.getUriInfo().getPath();
        if (path.equals("/peer") || path.startsWith("/peer/")) {
            requirePeer(request);
        } else if (!READING.contains(request.getMethod())) {
            request.setSecurityContext(new Caller(operator(request)));
        }
    }

    private void requirePeer(ContainerRequestContext request) {
        if (peer.isEmpty()) {
            throw forbidden(
                    "No peer token is configured here, so no peer is believed.", "Set estafet.peer.token-file.");
        }
        if (!isPeer(request)) {
            throw unauthenticated("The peers' token is wrong.", "Give all nodes the same estafet.peer.token.");
        }
        var other = request.getHeaderString(CLUSTER);
        if (!cluster.equals(other)) {
            throw forbidden(
                    "This is a node of cluster %s, the caller one of %s.".formatted(cluster, other),
                    "Check estafet.cluster and estafet.members on both nodes.");
        }
    }

    private String operator(ContainerRequestContext request) {
        if (isPeer(request) && cluster.equals(request.getHeaderString(CLUSTER))) {
            return Objects.requireNonNullElse(request.getHeaderString(REQUESTED_BY), "a peer");
        }
        if (operators.isEmpty()) {
            throw forbidden(
                    "No operator is configured here, so nobody may change anything.",
                    "Set estafet.operators.NAME.token-file, one for each person or program that may.");
        }
        var token = token(request);
        return operators.entrySet().stream()
                .filter(operator -> isSame(operator.getValue(), token))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> unauthenticated(
                        token == null ? "No token was sent." : "The token is not that of an operator.",
                        "Send the header Authorization: Bearer TOKEN, with the token of estafet.operators.NAME."));
    }

    private boolean isPeer(ContainerRequestContext request) {
        return peer.filter(token -> isSame(token, token(request))).isPresent();
    }

    private static @Nullable String token(ContainerRequestContext request) {
        var header = request.getHeaderString(HttpHeaders.AUTHORIZATION);
        return header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                ? header.substring(SCHEME.length()).strip()
                : null;
    }

    /** In constant time for the length of what was sent. */
    private static boolean isSame(String expected, @Nullable String sent) {
        return sent != null
                && MessageDigest.isEqual(
                        expected.getBytes(StandardCharsets.UTF_8), sent.getBytes(StandardCharsets.UTF_8));
    }

    private static RuntimeException unauthenticated(String detail, String remedy) {
        return new Problem(Kind.UNAUTHENTICATED, detail, remedy).raised();
    }

    private static RuntimeException forbidden(String detail, String remedy) {
        return new Problem(Kind.FORBIDDEN, detail, remedy).raised();
    }

    /** The operator whose token was shown. */
    private record Caller(String name) implements SecurityContext {

        @Override
        public Principal getUserPrincipal() {
            return () -> name;
        }

        @Override
        public boolean isUserInRole(String role) {
            return role.equals("operator");
        }

        @Override
        public boolean isSecure() {
            return false;
        }

        @Override
        public String getAuthenticationScheme() {
            return "Bearer";
        }
    }
}
