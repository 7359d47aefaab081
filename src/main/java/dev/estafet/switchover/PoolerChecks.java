package dev.estafet.switchover;

import static dev.estafet.operation.Check.failure;
import static dev.estafet.operation.Check.pass;
import static dev.estafet.operation.Check.warning;

import dev.estafet.operation.Check;
import dev.estafet.pgbouncer.PoolerState;
import dev.estafet.pgbouncer.PoolerState.PooledDatabase;
import java.util.List;
import java.util.stream.Stream;

/** Can the poolers hold their clients back, and lead them to the candidate afterwards? */
final class PoolerChecks {

    private static final String ANSWER = "poolers-answer";
    private static final String PAUSE = "poolers-can-pause";
    private static final String LEAD = "poolers-can-lead";

    private final Situation situation;

    PoolerChecks(Situation situation) {
        this.situation = situation;
    }

    List<Check> all() {
        return situation.poolers().stream().flatMap(this::of).toList();
    }

    private Stream<Check> of(PoolerState pooler) {
        return pooler.answers()
                ? Stream.of(answers(pooler), canPause(pooler), canLead(pooler))
                : Stream.of(silent(pooler));
    }

    private static Check silent(PoolerState pooler) {
        var detail = "Pooler %s does not answer at %s: %s".formatted(pooler.name(), pooler.address(), pooler.failure());
        return pooler.required()
                ? failure(
                        ANSWER,
                        detail,
                        "Bring it up, look at estafet.pgbouncer.%1$s.*, or leave it out with \"exclude\": [\"%1$s\"]."
                                .formatted(pooler.name()))
                : warning(ANSWER, detail, "Its clients may meet errors, if it has any.");
    }

    private static Check answers(PoolerState pooler) {
        return pooler.missing().isEmpty()
                ? pass(ANSWER, "Pooler %s answers: PgBouncer %s.".formatted(pooler.name(), pooler.version()))
                : failure(
                        ANSWER,
                        "Pooler %s has no database %s.".formatted(pooler.name(), String.join(", ", pooler.missing())),
                        "Give each an entry of its own in its [databases], or correct estafet.pgbouncer.%s.databases."
                                .formatted(pooler.name()));
    }

    private static Check canPause(PoolerState pooler) {
        if (!pooler.paused().isEmpty()) {
            return failure(
                    PAUSE,
                    "Pooler %s is paused already: %s.".formatted(pooler.name(), String.join(", ", pooler.paused())),
                    "Find out who did that; RESUME in its admin console lets its clients on.");
        }
        var inSessions = pooler.databases().stream()
                .filter(it -> it.poolMode().equals("session"))
                .map(PooledDatabase::name)
                .toList();
        return inSessions.isEmpty()
                ? pass(PAUSE, "Pooler %s is not paused.".formatted(pooler.name()))
                : warning(
                        PAUSE,
                        "Pooler %s pools sessions in %s: its pause waits until every client has disconnected."
                                .formatted(pooler.name(), String.join(", ", inSessions)),
                        "Use pool_mode=transaction, or leave it out with \"exclude\": [\"%s\"]."
                                .formatted(pooler.name()));
    }

    private Check canLead(PoolerState pooler) {
        var obstacle = situation.poolerObstacles().get(pooler.name());
        if (obstacle == null) {
            return pass(LEAD, "Pooler %s can be led to another primary.".formatted(pooler.name()));
        }
        return pooler.namesPrimary()
                ? failure(
                        LEAD,
                        "Pooler %s cannot be pointed at another primary: %s".formatted(pooler.name(), obstacle),
                        "Look at estafet.pgbouncer.%s.databases-file.".formatted(pooler.name()))
                : warning(
                        LEAD,
                        "When pooler %s leads to the new primary cannot be seen from here: %s"
                                .formatted(pooler.name(), obstacle),
                        "Let the replication role in from there in pg_hba.conf; else the clients are let on as soon as"
                                + " the new primary takes writes, or after resume-time-out.");
    }
}
