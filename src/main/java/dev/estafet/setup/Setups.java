package dev.estafet.setup;

import dev.estafet.operation.Check;
import dev.estafet.operation.Operation;
import dev.estafet.operation.Operations;
import dev.estafet.operation.Operations.Order;
import jakarta.inject.Singleton;

/** What callers can ask of setups: begin one, or see what it would do. */
@Singleton
public final class Setups {

    private final Operations operations;
    private final SetupProcedure procedure;
    private final SetupPreflight preflight;

    Setups(Operations operations, SetupProcedure procedure, SetupPreflight preflight) {
        this.operations = operations;
        this.procedure = procedure;
        this.preflight = preflight;
    }

    /** Begins to make this node a standby. */
    public Operation start(SetupRequest request, Order order) {
        return operations.start(procedure, request, order);
    }

    /** The table's rows, for dry runs and for the documentation. */
    public SetupProcedure procedure() {
        return procedure;
    }

    /** Looks and changes nothing. */
    public SetupPlan plan(SetupRequest request) {
        var findings = preflight.look(request, "OPERATION");
        var facts = findings.facts();
        return new SetupPlan(
                findings.checks().stream().noneMatch(Check::isFailure),
                request.standby(),
                facts == null ? null : facts.primary(),
                findings.checks(),
                findings.preparation(),
                facts == null ? null : facts.setAside(),
                findings.bytes());
    }
}
