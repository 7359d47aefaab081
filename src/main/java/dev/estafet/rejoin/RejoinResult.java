package dev.estafet.rejoin;

import dev.estafet.postgres.Timeline;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What a rejoin came to. */
@RegisterForReflection
@Schema(description = "What a rejoin came to.")
public record RejoinResult(
        @Schema(description = "The member that has come back.", examples = "pg1")
        String node,

        @Schema(description = "Whom it follows.", examples = "pg2")
        String primary,

        @Schema(description = "The way that was taken.") Way way,

        @Schema(description = "The result in a sentence.", examples = "pg1 streams from pg2.")
        String summary,

        @Schema(description = "The newest timeline that it had; absent where it had no data.") @Nullable
        Timeline fromTimeline,

        @Schema(description = "The primary's timeline, which it follows now.")
        Timeline toTimeline,

        @Schema(description = "What it had that the primary has not, where that was taken back by a rewind.") @Nullable
        ForkedBranch forked,

        @Schema(
                description = "Where its old data is kept; present where it was replaced by a copy.",
                examples = "/var/lib/postgresql/15/main.before-pg1-20261123T010203456-1a2b")
        @Nullable
        String setAside) {}
