package dev.estafet.api;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Body of {@code POST /nodes/{name}/drain}. */
@RegisterForReflection
@Schema(name = "DrainRequest", description = "Why reads are kept away from a member.")
public record DrainBody(
        @Schema(description = "Why; told as long as it lasts.", examples = "kernel update") @Nullable
        String reason) {}
