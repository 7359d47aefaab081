package dev.estafet.traffic;

import dev.estafet.node.Label;
import dev.estafet.node.Lag;
import dev.estafet.node.NodeState;
import dev.estafet.node.Role;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Checks of other nodes than the one that is asked; its own are {@link CheckRoutes}. 200 or 503, and the body says why. */
@Path("/")
@Tag(name = "Traffic")
@NonBlocking
@Produces(MediaType.APPLICATION_JSON)
public final class ChecksResource {

    private final Routing routing;

    ChecksResource(Routing routing) {
        this.routing = routing;
    }

    /** Why a check was answered as it was. */
    @RegisterForReflection
    @Schema(name = "HealthAnswer", description = "Why a check was answered as it was.")
    public record Answer(
            @Schema(description = "The member's name.", examples = "pg2")
            String node,

            @Schema(description = "What it may be used for.")
            Label label,

            @Schema(description = "Its part in replication.")
            Role role,

            @Schema(description = "Why it has this label, or may not serve.")
            String reason,

            @Schema(description = "Standby: replay lag.") @Nullable
            Lag lag,

            @Schema(description = "When it was probed, by its own clock.")
            Instant observedAt) {

        static Answer of(NodeState state, String reason) {
            return new Answer(state.node(), state.label(), state.role(), reason, state.lag(), state.observedAt());
        }
    }

    @GET
    @Path("nodes/{name}/writable")
    @Operation(summary = "Does that node take writes?")
    @APIResponse(responseCode = "200", description = "It takes writes.")
    public Response nodeWritable(@PathParam("name") String name) {
        var state = routing.state(name);
        return answer(state, state.isWritable(), state.reason());
    }

    @GET
    @Path("nodes/{name}/readable")
    @Operation(summary = "May that node serve reads?")
    @APIResponse(responseCode = "200", description = "It may serve reads.")
    public Response nodeReadable(@PathParam("name") String name, @QueryParam("maxLag") @Nullable String maxLag) {
        var state = routing.state(name);
        Optional<String> why = routing.whyNotReadable(state, Wishes.limit(maxLag));
        return answer(state, why.isEmpty(), why.orElse(state.reason()));
    }

    private static Response answer(NodeState state, boolean yes, String reason) {
        return Response.status(yes ? 200 : 503).entity(Answer.of(state, reason)).build();
    }
}
