package dev.estafet.api;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.cluster.Cluster;
import jakarta.inject.Provider;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.SecurityContext;
import java.security.Principal;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may call what, by path and method, so that a new call is closed until somebody opens it: what only reads is open,
 * what changes something needs an operator's token, and {@code /peer} the peers' own. Where no token is configured, such
 * calls are refused.
 */
@jakarta.ws.rs.ext.Provider
public final class Authentication implements ContainerRequestFilter {

    /** On calls handed over by a peer: the operator who made them there. */
    static final String REQUESTED_BY = "Estafet-Requested-By";

    private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");
    /** Envoy asks with POST, and changes nothing. */
    private static final String ENVOY = "/v3/discovery:endpoints";

    private static final String SCHEME = "bearer ";

    /** Asked for late: filters are made at build time, the configuration is known at run time. */
    private final Provider<Tokens> tokens;

    Authentication(Provider<Tokens> tokens) {
        this.tokens = tokens;
    }

    @Override
    public void filter(ContainerRequestContext request) {
        var path = request.getUriInfo().getPath();
        if (path.equals("/peer") || path.startsWith("/peer/")) {
            requirePeer(request);
        } else if (!READING.contains(request.getMethod()) && !path.equals(ENVOY)) {
            request.setSecurityContext(new Caller(operator(request)));
        }
    }

    private void requirePeer(ContainerRequestContext request) {
        if (!tokens.get().knowPeer()) {
            throw forbidden(
                    "No peer token is configured here, so no peer is believed.", "Set estafet.peer.token-file.");
        }
        if (!tokens.get().isPeer(token(request))) {
            throw unauthenticated("The peers' token is wrong.", "Give all nodes the same estafet.peer.token.");
        }
        var other = request.getHeaderString(Cluster.HEADER);
        if (!cluster().equals(other)) {
            throw forbidden(
                    "This is a node of cluster %s, the caller one of %s.".formatted(cluster(), other),
                    "Check estafet.cluster and estafet.members on both nodes.");
        }
    }

    private String operator(ContainerRequestContext request) {
        var token = token(request);
        if (tokens.get().isPeer(token) && cluster().equals(request.getHeaderString(Cluster.HEADER))) {
            return Objects.requireNonNullElse(request.getHeaderString(REQUESTED_BY), "a peer");
        }
        if (!tokens.get().knowOperators()) {
            throw forbidden(
                    "No operator is configured here, so nobody may change anything.",
                    "Set estafet.operators.NAME.token-file, one for each person or program that may.");
        }
        return tokens.get()
                .operator(token)
                .orElseThrow(() -> unauthenticated(
                        token == null ? "No token was sent." : "The token is not that of an operator.",
                        "Send the header Authorization: Bearer TOKEN, with the token of estafet.operators.NAME."));
    }

    private String cluster() {
        return tokens.get().cluster();
    }

    private static @Nullable String token(ContainerRequestContext request) {
        var header = request.getHeaderString(HttpHeaders.AUTHORIZATION);
        return header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                ? header.substring(SCHEME.length()).strip()
                : null;
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
