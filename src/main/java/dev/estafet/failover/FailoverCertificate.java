package dev.estafet.failover;

import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.Timeline;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What a failover came to: who is primary now, and what was lost by it. */
@RegisterForReflection
@Schema(description = "What a failover came to: who is primary now, and what was lost by it.")
public record FailoverCertificate(
        @Schema(description = "The operation's id.", examples = "pg2-20261122T220312576-ef97")
        String operation,

        @Schema(description = "Name of the cluster.", examples = "shop")
        String cluster,

        @Schema(description = "Who was the primary; absent where nobody knew.", examples = "pg1") @Nullable
        String oldPrimary,

        @Schema(description = "Who is the primary now.", examples = "pg2")
        String newPrimary,

        @Schema(description = "The standbys that follow it.", examples = "[\"pg3\"]")
        List<String> followers,

        @Schema(description = "Whether it is proven that nothing was lost.")
        boolean zeroLoss,

        @Schema(description = "What was lost, by where the new timeline begins.")
        Loss loss,

        @Schema(description = "The same in a sentence.") String verdict,

        @Schema(description = "Who keeps the old primary from writing, and how that is known.")
        String fence,

        @Schema(description = "The timeline that began.", examples = "2")
        Timeline newTimeline,

        @Schema(description = "Where it begins, by its history file.")
        Lsn switchPoint,

        @Schema(description = "When it was issued.") Instant issuedAt) {}
