package dev.estafet.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Schemas of what others read, kept in {@code src/test/resources/schemas}. */
public final class Schemas {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    private Schemas() {}

    /** Fails unless the text is JSON that fits this schema. */
    public static void hold(String schema, String text) {
        try (var file = Schemas.class.getResourceAsStream("/schemas/" + schema + ".json")) {
            var faults = REGISTRY.getSchema(JSON.readTree(file)).validate(JSON.readTree(text));
            assertThat(faults).as(text).isEmpty();
        } catch (IOException failure) {
            throw new UncheckedIOException(text, failure);
        }
    }
}
