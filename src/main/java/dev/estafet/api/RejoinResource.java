package dev.estafet.api;

import dev.estafet.cluster.Cluster;
import dev.estafet.operation.Operations.Order;
import dev.estafet.rejoin.Rejoins;
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
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Bringing a server back that was primary, or that has lost its primary. */
@Path("/nodes/{name}/rejoin")
@Tag(name = "Rejoin")
@RunOnVirtualThread
public final class RejoinResource {

    private final Cluster cluster;
    private final Rejoins rejoins;
    private final Relay relay;
    private final Answers answers;

    RejoinResource(Cluster cluster, Rejoins rejoins, Relay relay, Answers answers) {
        this.cluster = cluster;
        this.rejoins = rejoins;
        this.relay = relay;
        this.answers = answers;
    }

    @POST
    @Operation(summary = "Bring a member's server back behind the primary")
    @APIResponse(
            responseCode = "200",
            description = "With `Prefer`, the completed operation; of a dry run, what would be done.")
    public Response rejoin(
            @PathParam("name") String name,
            @Valid @NotNull RejoinBody body,
            @Context HttpHeaders headers,
            @Context SecurityContext caller) {
        cluster.member(name);
        var operator = caller.getUserPrincipal().getName();
        if (!name.equals(cluster.self())) {
            return relay.send(name, "POST", "/nodes/%s/rejoin".formatted(name), body, headers, operator);
        }
        var request = body.toRequest(name);
        if (body.dryRun()) {
            return Response.ok(
                            DryRun.of(rejoins.plan(request), rejoins.procedure().phases()))
                    .build();
        }
        var order = new Order(operator, body.reason(), headers.getHeaderString("Idempotency-Key"));
        return answers.to(rejoins.start(request, order), headers);
    }
}
