package dev.estafet.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The OpenAPI document, read strictly: what a schema does not name must not be there. */
public final class OpenApiDocument {

    private static final String LOCAL = "#/";
    private static final SchemaRegistry SCHEMAS = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    private final JsonNode root;
    private final Map<JsonNode, Schema> schemas = new ConcurrentHashMap<>();

    private OpenApiDocument(JsonNode root) {
        this.root = root;
        root.at("/components/schemas").forEach(schema -> {
            if (schema.has("properties")) {
                ((ObjectNode) schema).put("additionalProperties", false);
            }
        });
    }

    /** That of {@code package}. */
    public static OpenApiDocument built() {
        return read(new ObjectMapper(), "target/openapi/openapi.json");
    }

    /** The one in the repository, which must be the same. */
    public static OpenApiDocument committed() {
        return read(new YAMLMapper(), "openapi/openapi.yaml");
    }

    private static OpenApiDocument read(ObjectMapper mapper, String file) {
        try {
            return new OpenApiDocument(mapper.readTree(Path.of(file).toFile()));
        } catch (IOException failure) {
            throw new UncheckedIOException("no document: package first", failure);
        }
    }

    /**
     * A call.
     *
     * @param path with its parameters in braces
     * @param json what the document says of it
     */
    public record Call(String method, String path, JsonNode json) {

        /** The status codes that it may be answered with. */
        public Stream<String> statuses() {
            return json.path("responses").propertyStream().map(Map.Entry::getKey);
        }

        private boolean fits(String otherMethod, String otherPath) {
            return method.equals(otherMethod) && otherPath.matches(path.replaceAll("\\{[^}]*}", "[^/]+"));
        }

        @Override
        public String toString() {
            return method + " " + path;
        }
    }

    public Stream<Call> calls() {
        return root.path("paths")
                .propertyStream()
                .flatMap(path -> path.getValue()
                        .propertyStream()
                        .map(call -> new Call(call.getKey().toUpperCase(Locale.ROOT), path.getKey(), call.getValue())));
    }

    /** The documented call that this request is; an exact path before one with parameters. */
    public Optional<Call> call(String method, String path) {
        return calls().filter(call -> call.fits(method, path))
                .min((a, b) -> Boolean.compare(a.path().contains("{"), b.path().contains("{")));
    }

    /** The answer of that call with that status. */
    public JsonNode response(Call call, String status) {
        return resolved(call.json().path("responses").path(status));
    }

    /** A component of the document, such as {@code schemas}. */
    public Stream<Map.Entry<String, JsonNode>> components(String kind) {
        return root.path("components").path(kind).propertyStream();
    }

    /** Name and sentence of each phase that the example of a dry run shows. */
    public List<String> phasesOf(String example) {
        return root.at("/components/examples/" + example + "/value/phases")
                .valueStream()
                .map(phase -> phase.path("name").asText() + ": "
                        + phase.path("sentence").asText())
                .toList();
    }

    /** What a reference leads to, or the node itself. */
    public JsonNode resolved(JsonNode node) {
        var reference = node.path("$ref").asText();
        return reference.startsWith(LOCAL) && !node.has("properties") ? root.at(reference.substring(1)) : node;
    }

    /** What is wrong with {@code value} by that schema of this document. */
    public List<String> faults(JsonNode schema, JsonNode value) {
        return schemas.computeIfAbsent(schema, this::compiled).validate(value).stream()
                .map(Error::toString)
                .toList();
    }

    private Schema compiled(JsonNode schema) {
        var withComponents = ((ObjectNode) schema.deepCopy()).set("components", root.path("components"));
        return SCHEMAS.getSchema(withComponents);
    }

    @Override
    public String toString() {
        return root.path("info").path("title").asText();
    }
}
