package dev.estafet.api;

import dev.estafet.EstafetConfig;
import dev.estafet.cluster.Cluster;
import dev.estafet.operation.Operations.Order;
import dev.estafet.postgres.ByteSize;
import dev.estafet.switchover.Readiness;
import dev.estafet.switchover.Switchovers;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Planned switchover (runbook, steps 16 and 17). */
@Path("/promote")
@Tag(name = "Switchover")
@RunOnVirtualThread
public final class PromoteResource {

    private final EstafetConfig config;
    private final Cluster cluster;
    private final Switchovers switchovers;
    private final Relay relay;
    private final Answers answers;

    PromoteResource(EstafetConfig config, Cluster cluster, Switchovers switchovers, Relay relay, Answers answers) {
        this.config = config;
        this.cluster = cluster;
        this.switchovers = switchovers;
        this.relay = relay;
        this.answers = answers;
    }

    @POST
    @Operation(summary = "Switch over to a standby")
    @APIResponse(
            responseCode = "200",
            description =
                    "With `Prefer`, the completed operation and its certificate; of a dry run, what would be done.")
    public Response promote(
            @Valid @NotNull PromoteBody body, @Context HttpHeaders headers, @Context SecurityContext caller) {
        var candidate = Optional.ofNullable(body.candidate())
                .filter(it -> !it.isBlank())
                .orElseGet(switchovers::mostAdvancedStandby);
        cluster.member(candidate);
        var request = body.toRequest(candidate, config);
        if (!candidate.equals(cluster.self())) {
            return relay.send(
                    candidate,
                    "POST",
                    "/promote",
                    body.withCandidate(candidate),
                    headers,
                    caller.getUserPrincipal().getName());
        }
        if (body.dryRun()) {
            return Response.ok(DryRun.of(
                            switchovers.readiness(candidate, Optional.of(request.maxLagBytes()), request.exclude()),
                            switchovers.procedure().phases()))
                    .build();
        }
        var order = new Order(
                caller.getUserPrincipal().getName(), body.reason(), headers.getHeaderString("Idempotency-Key"));
        return answers.to(switchovers.start(request, order), headers);
    }

    @GET
    @Path("readiness")
    @Operation(summary = "May I switch over now?")
    @APIResponse(responseCode = "200", description = "What was checked, with what it came to.")
    public Readiness readiness(
            @QueryParam("candidate") @Nullable String candidate,
            @QueryParam("maxLag") @Nullable String maxLag,
            @QueryParam("exclude") List<String> exclude) {
        return switchovers.readiness(
                Optional.ofNullable(candidate).orElseGet(switchovers::mostAdvancedStandby),
                Optional.ofNullable(maxLag).map(it -> ByteSize.inRequest("maxLag", it)),
                exclude);
    }
}
