package dev.estafet.api;

import dev.estafet.node.Prober;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** The node's label in {@code /q/health/ready}: up while the server answers, writable or read-only. */
@Readiness
final class NodeHealth implements HealthCheck {

    private final Prober prober;

    NodeHealth(Prober prober) {
        this.prober = prober;
    }

    @Override
    public HealthCheckResponse call() {
        var state = prober.current();
        return HealthCheckResponse.named("postgresql")
                .status(state.isReadable())
                .withData("node", state.node())
                .withData("label", state.label().toString())
                .withData("reason", state.reason())
                .build();
    }
}
