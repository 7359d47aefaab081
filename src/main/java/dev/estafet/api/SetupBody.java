package dev.estafet.api;

import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.constraints.NotBlank;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Body of {@code POST /setup}. */
@RegisterForReflection
@Schema(name = "SetupRequest", description = "Which member is to become a streaming standby of the primary.")
public record SetupBody(
        @Schema(description = "Name of the member that becomes a standby.", examples = "pg2") @NotBlank
        String standby,

        @Schema(
                description = "Name of the primary that it is to follow; needed only where more than one of the other"
                        + " members' servers runs as primary, as before the first setup.",
                examples = "pg1")
        @Nullable
        String primary,

        @Schema(description = "Look and change nothing: answers what would be done.", defaultValue = "false")
        boolean dryRun,

        @Schema(
                description = "Whether data that the standby holds may be set aside (renamed, never deleted) and"
                        + " replaced by a copy of the primary.",
                defaultValue = "false")
        boolean replaceData,

        @Schema(description = "Why; kept in the journal.") @Nullable
        String reason) {}
