package dev.estafet.rejoin;

import dev.estafet.postgres.Lsn;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What a rejoin would do. */
@RegisterForReflection
@Schema(
        description = "What a rejoin would do, as far as can be told without stopping a server: one that still runs as"
                + " primary may write more, and whether a rewind is possible shows its rehearsal.")
public record RejoinPlan(
        @Schema(description = "Whether that may be done, by what the request allows.")
        boolean ready,

        @Schema(description = "The member that would come back.", examples = "pg1")
        String node,

        @Schema(description = "Whom it would follow.", examples = "pg2")
        String primary,

        @Schema(description = "The mildest way that leads there.")
        Way way,

        @Schema(
                description = "Why this one.",
                examples = "Its history on timeline 1 is part of the primary's on timeline 2.")
        String detail,

        @Schema(description = "Where its history left the primary's.") @Nullable
        Lsn forkPoint,

        @Schema(description = "How much it has beyond that.", examples = "8391064") @Nullable
        Long forkedBytes) {}
