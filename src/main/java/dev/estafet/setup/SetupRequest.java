package dev.estafet.setup;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A setup as it is ordered. */
@RegisterForReflection
@Schema(name = "SetupOrder", description = "A setup as it was ordered.")
public record SetupRequest(
        @Schema(description = "The member that is to become a standby.", examples = "pg2")
        String standby,

        @Schema(description = "Whom it is to follow, where the request named one.", examples = "pg1") @Nullable
        String primary,

        @Schema(description = "Whether data that it holds may be set aside.")
        boolean replaceData) {}
