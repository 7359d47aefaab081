package dev.estafet.api;

import dev.estafet.EstafetConfig;
import dev.estafet.cluster.Cluster;
import dev.estafet.failover.FailoverRequest;
import dev.estafet.failover.Failovers;
import dev.estafet.operation.Operations.Order;
import dev.estafet.postgres.ByteSize;
import dev.estafet.switchover.Readiness;
import dev.estafet.switchover.SwitchoverRequest;
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
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Planned switchover (runbook, steps 16 and 17), and failover by a person. */
@Path("/promote")
@Tag(name = "Switchover")
@RunOnVirtualThread
public final class PromoteResource {

    private final EstafetConfig config;
    private final Cluster cluster;
    private final Switchovers switchovers;
    private final Failovers failovers;
    private final Relay relay;
    private final Answers answers;

    PromoteResource(
            EstafetConfig config,
            Cluster cluster,
            Switchovers switchovers,
            Failovers failovers,
            Relay relay,
            Answers answers) {
        this.config = config;
        this.cluster = cluster;
        this.switchovers = switchovers;
        this.failovers = failovers;
        this.relay = relay;
        this.answers = answers;
    }

    @POST
    @Operation(summary = "Switch over, or fail over, to a standby")
    @APIResponse(
            responseCode = "200",
            description =
                    "With `Prefer`, the completed operation and its certificate; of a dry run, what would be done.")
    public Response promote(
            @Valid @NotNull PromoteBody body, @Context HttpHeaders headers, @Context SecurityContext caller) {
        var candidate = Optional.ofNullable(body.candidate())
                .filter(it -> !it.isBlank())
                .orElseGet(() -> mostAdvancedStandby(body));
        cluster.member(candidate);
        var operator = caller.getUserPrincipal().getName();
        var order = new Order(operator, body.reason(), headers.getHeaderString("Idempotency-Key"));
        var begun = body.isFailover()
                ? failOver(body.toFailover(candidate, config), body.dryRun(), order)
                : switchOver(body.toRequest(candidate, config), body.dryRun(), order);
        if (!candidate.equals(cluster.self())) {
            return relay.send(candidate, "POST", "/promote", body.withCandidate(candidate), headers, operator);
        }
        return begun.apply(headers);
    }

    private String mostAdvancedStandby(PromoteBody body) {
        return body.isFailover() ? failovers.mostAdvancedStandby(body.excluded()) : switchovers.mostAdvancedStandby();
    }

    private Function<HttpHeaders, Response> switchOver(SwitchoverRequest request, boolean dryRun, Order order) {
        return headers -> dryRun
                ? Response.ok(DryRun.of(
                                switchovers.readiness(
                                        request.candidate(), Optional.of(request.maxLagBytes()), request.exclude()),
                                switchovers.procedure().phases()))
                        .build()
                : answers.to(switchovers.start(request, order), headers);
    }

    private Function<HttpHeaders, Response> failOver(FailoverRequest request, boolean dryRun, Order order) {
        return headers -> dryRun
                ? Response.ok(DryRun.of(
                                failovers.readiness(request),
                                failovers.procedure().phases()))
                        .build()
                : answers.to(failovers.start(request, order), headers);
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
