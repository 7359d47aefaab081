package dev.estafet.setup;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What a setup came to, verified. */
@RegisterForReflection
@Schema(description = "What a setup came to, verified.")
public record SetupResult(
        @Schema(description = "Whom the standby follows.", examples = "pg1")
        String primary,

        @Schema(description = "The standby.", examples = "pg2")
        String standby,

        @Schema(description = "The result in a sentence.", examples = "pg2 is a streaming standby of pg1.")
        String summary,

        @Schema(description = "Whether anything had to be done.")
        boolean changed,

        @Schema(description = "Databases compared on both.", examples = "2")
        int databases,

        @Schema(description = "Tables compared on both.", examples = "1")
        int tables,

        @Schema(
                description =
                        "From the marker row's commit on the primary until it was seen on the standby; absent where"
                                + " nothing was changed, since then no row is written either.",
                examples = "7.0")
        @Nullable
        Double markerDelayMillis,

        @Schema(
                description = "Where the standby's old data is kept; absent where there was none.",
                examples = "/var/lib/postgresql/15/main.pg2-20261122T220307632-d6f5")
        @Nullable
        String setAside) {}
