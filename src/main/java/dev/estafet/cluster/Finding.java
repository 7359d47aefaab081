package dev.estafet.cluster;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Something that is not as it should be. */
@RegisterForReflection
@Schema(description = "Something in the cluster that a person should look at.")
public record Finding(
        @Schema(description = "What sort of thing, stable for programs.", examples = "slot-inactive")
        String name,

        @Schema(description = "Where it was found; absent where it concerns all.", examples = "pg1") @Nullable
        String node,

        @Schema(description = "What was found.") String detail,
        @Schema(description = "What to do about it.") String remedy) {}
