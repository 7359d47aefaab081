package dev.estafet.api;

import dev.estafet.cluster.Cluster;
import dev.estafet.operation.Operations.Order;
import dev.estafet.setup.SetupRequest;
import dev.estafet.setup.Setups;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Making a standby (runbook, steps 1 to 15). */
@Path("/setup")
@Tag(name = "Setup")
@RunOnVirtualThread
public final class SetupResource {

    private final Cluster cluster;
    private final Setups setups;
    private final Relay relay;
    private final Answers answers;

    SetupResource(Cluster cluster, Setups setups, Relay relay, Answers answers) {
        this.cluster = cluster;
        this.setups = setups;
        this.relay = relay;
        this.answers = answers;
    }

    @POST
    @Operation(summary = "Make a member a streaming standby of the primary")
    @APIResponse(
            responseCode = "200",
            description = "With `Prefer`, the completed operation; of a dry run, what would be done.")
    public Response setUp(
            @Valid @NotNull SetupBody body, @Context HttpHeaders headers, @Context SecurityContext caller) {
        cluster.member(body.standby());
        Optional.ofNullable(body.primary()).ifPresent(cluster::member);
        var operator = caller.getUserPrincipal().getName();
        if (!body.standby().equals(cluster.self())) {
            return relay.send(body.standby(), "POST", "/setup", body, headers, operator);
        }
        var request = new SetupRequest(body.standby(), body.primary(), body.replaceData());
        if (body.dryRun()) {
            return Response.ok(
                            DryRun.of(setups.plan(request), setups.procedure().phases()))
                    .build();
        }
        var order = new Order(operator, body.reason(), headers.getHeaderString("Idempotency-Key"));
        return answers.to(setups.start(request, order), headers);
    }
}
