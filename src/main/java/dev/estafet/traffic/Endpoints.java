package dev.estafet.traffic;

import dev.estafet.node.Label;
import dev.estafet.node.Lag;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Where traffic may go now. */
@RegisterForReflection
@Schema(description = "Where traffic may go now, and who was left out and why.")
public record Endpoints(
        @Schema(description = "Name of the cluster.", examples = "shop")
        String cluster,

        @Schema(description = "The node that looked.", examples = "pg2")
        String observedBy,

        @Schema(description = "When, by that node's clock.") Instant observedAt,

        @Schema(description = "PostgreSQL servers, in the order of the nodes' names.")
        List<Endpoint> endpoints,

        @Schema(description = "Reads only: whether the primary stands in because too few standbys can serve.")
        boolean primaryFallback,

        @Schema(description = "Whether the node sees too little of the cluster to tell; then nobody is listed.")
        boolean stale,

        @Schema(description = "Members whose services it cannot see now.", examples = "[]")
        List<String> unseen,

        @Schema(description = "The other members.") List<LeftOut> leftOut) {

    /** A server that may be used. */
    @RegisterForReflection
    @Schema(description = "A server that may be used.")
    public record Endpoint(
            @Schema(description = "The member's name.", examples = "pg2")
            String node,

            @Schema(description = "Where its PostgreSQL listens.", examples = "10.0.0.2")
            String host,

            @Schema(description = "And at which port.", examples = "5432")
            int port,

            @Schema(description = "What it may be used for.")
            Label label,

            @Schema(description = "Standby: replay lag.") @Nullable
            Lag lag) {

        /** {@code host:port}, an IPv6 address in brackets. */
        String address() {
            return bracketed(host) + ":" + port;
        }
    }

    static String bracketed(String host) {
        return host.contains(":") ? "[" + host + "]" : host;
    }

    /** A member that may not be used. */
    @RegisterForReflection
    @Schema(description = "A member that may not be used.")
    public record LeftOut(
            @Schema(description = "The member's name.", examples = "pg1")
            String node,

            @Schema(description = "Why not.", examples = "it is the primary")
            String reason) {}

    /** {@code host:port}, one a line. */
    String toText() {
        return endpoints.stream().map(it -> it.address() + "\n").collect(Collectors.joining());
    }
}
