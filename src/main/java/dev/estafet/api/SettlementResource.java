package dev.estafet.api;

import dev.estafet.cluster.Cluster;
import dev.estafet.operation.Operations.Order;
import dev.estafet.operation.Settlement;
import dev.estafet.operation.Settlement.Word;
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

/** The call with which a person takes the place of a driver that cannot answer any more. */
@Path("/nodes/{name}/settlement")
@Tag(name = "Operations")
@RunOnVirtualThread
public final class SettlementResource {

    private final Cluster cluster;
    private final Settlement settlement;
    private final Relay relay;

    SettlementResource(Cluster cluster, Settlement settlement, Relay relay) {
        this.cluster = cluster;
        this.settlement = settlement;
        this.relay = relay;
    }

    @POST
    @Operation(summary = "Tell a node what became of an operation whose driver is gone")
    @APIResponse(responseCode = "200", description = "The node's part in it has ended; the journal's record of this.")
    public Response settle(
            @PathParam("name") String name,
            @Valid @NotNull SettlementBody body,
            @Context HttpHeaders headers,
            @Context SecurityContext caller) {
        cluster.member(name);
        var operator = caller.getUserPrincipal().getName();
        if (!name.equals(cluster.self())) {
            return relay.send(name, "POST", "/nodes/" + name + "/settlement", body, headers, operator);
        }
        var order = new Order(operator, body.reason(), headers.getHeaderString("Idempotency-Key"));
        return Response.ok(settlement.settle(new Word(body.operation(), body.decision()), order))
                .build();
    }
}
