package dev.estafet.api;

import dev.estafet.cluster.Cluster;
import dev.estafet.node.Drain.Order;
import dev.estafet.node.Prober;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeping reads away from a node for maintenance. Only the node itself knows, so it is the one that does it.
 *
 * <p>Its path is that of the other resources at {@code /nodes}: a longer one here would hide them.
 */
@Path("/")
@Tag(name = "Traffic")
@RunOnVirtualThread
public final class DrainResource {

    private static final Logger LOG = Logger.getLogger(DrainResource.class);

    private final Cluster cluster;
    private final Prober prober;
    private final Relay relay;

    DrainResource(Cluster cluster, Prober prober, Relay relay) {
        this.cluster = cluster;
        this.prober = prober;
        this.relay = relay;
    }

    /** How it is now. */
    @RegisterForReflection
    @Schema(name = "DrainAnswer", description = "Whether reads are kept away from a member.")
    public record Answer(
            @Schema(description = "The member's name.", examples = "pg2")
            String node,

            @Schema(description = "Whether reads are kept away from it.", examples = "true")
            boolean drained,

            @Schema(description = "Who keeps them away.", examples = "runbook") @Nullable
            String by,

            @Schema(description = "Why.", examples = "kernel update") @Nullable
            String reason,

            @Schema(description = "Since when, by that node's clock.") @Nullable
            Instant at) {}

    @POST
    @Path("nodes/{name}/drain")
    @Operation(summary = "Keep reads away from a member")
    @APIResponse(responseCode = "200", description = "Reads are kept away from it.")
    public Response drain(
            @PathParam("name") String name,
            @Valid @NotNull DrainBody body,
            @Context HttpHeaders headers,
            @Context SecurityContext caller) {
        var operator = caller.getUserPrincipal().getName();
        if (isElsewhere(name)) {
            return relay.send(name, "POST", "/nodes/%s/drain".formatted(name), body, headers, operator);
        }
        var order = new Order(operator, body.reason(), Instant.now());
        prober.drain(order);
        LOG.infof("%s drains %s: %s", operator, name, body.reason());
        return Response.ok(new Answer(name, true, order.by(), order.reason(), order.at()))
                .build();
    }

    @POST
    @Path("nodes/{name}/undrain")
    @Operation(summary = "Let reads go to a member again")
    @APIResponse(responseCode = "200", description = "Reads may go to it again.")
    public Response undrain(
            @PathParam("name") String name, @Context HttpHeaders headers, @Context SecurityContext caller) {
        var operator = caller.getUserPrincipal().getName();
        if (isElsewhere(name)) {
            return relay.send(name, "POST", "/nodes/%s/undrain".formatted(name), null, headers, operator);
        }
        prober.drain(null);
        LOG.infof("%s lets reads go to %s again", operator, name);
        return Response.ok(new Answer(name, false, null, null, null)).build();
    }

    private boolean isElsewhere(String name) {
        cluster.member(name);
        return !name.equals(cluster.self());
    }
}
