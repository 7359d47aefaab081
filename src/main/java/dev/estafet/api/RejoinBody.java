package dev.estafet.api;

import dev.estafet.rejoin.RejoinRequest;
import dev.estafet.rejoin.Way;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Body of {@code POST /nodes/{name}/rejoin}. */
@RegisterForReflection
@Schema(name = "RejoinRequest", description = "How a member's server may be brought back behind the primary.")
public record RejoinBody(
        @Schema(description = "Look and change nothing: answers what would be done.", defaultValue = "false")
        boolean dryRun,

        @Schema(
                description =
                        "Whether, where nothing milder helps, its data may be set aside (renamed, never deleted) and"
                                + " replaced by a copy of the primary.",
                defaultValue = "false")
        boolean replaceData,

        @Schema(description = "Why; kept in the journal.", examples = "pg1 is back from repair") @Nullable
        String reason) {

    RejoinRequest toRequest(String node) {
        return new RejoinRequest(node, replaceData ? Way.CLONE : Way.REWIND);
    }
}
