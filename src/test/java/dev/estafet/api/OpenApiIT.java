package dev.estafet.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.estafet.testing.OpenApiDocument;
import dev.estafet.testing.OpenApiDocument.Call;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The OpenAPI document that the build wrote: it is the committed one, and it leaves nothing unsaid. */
class OpenApiIT {

    private final OpenApiDocument document = OpenApiDocument.built();
    private final List<String> missing = new ArrayList<>();

    @Test
    void theCommittedDocumentIsWhatTheBuildWrote() throws IOException {
        assertThat(Files.readString(Path.of("openapi/openapi.yaml")))
                .as("openapi/openapi.yaml is not what the code says. See whether the change is wanted; then:"
                        + " ./mvnw package -DskipTests && cp target/openapi/openapi.yaml openapi/")
                .isEqualTo(Files.readString(Path.of("target/openapi/openapi.yaml")));
    }

    @Test
    void everyCallIsDescribed() {
        document.calls().forEach(call -> {
            // Only what the code has, has an operation's id: a description without one describes nothing.
            Stream.of("operationId", "summary", "description", "tags")
                    .forEach(field -> require(call.json(), field, call.toString()));
            call.json().path("parameters").forEach(it -> parameter(call, document.resolved(it)));
        });
        assertThat(missing).isEmpty();
    }

    private void parameter(Call call, JsonNode parameter) {
        var where = call + " parameter " + parameter.path("name").asText();
        require(parameter, "description", where);
        require(parameter, "schema", where);
        // What has an example, Swagger UI sends unless it is taken out: a key would make each trial a repeat.
        if (!parameter.path("name").asText().equals("Idempotency-Key")) {
            require(parameter, "example", where);
        }
    }

    @Test
    void everyAnswerIsDescribedAndHasAnExample() {
        document.calls()
                .forEach(call -> call.statuses().forEach(status -> {
                    var response = document.response(call, status);
                    var where = call + " " + status;
                    require(response, "description", where);
                    assertThat(response.path("description").asText())
                            .as(where)
                            .isNotIn("OK", "Accepted", "Bad Request");
                    contents(response, where);
                    response.path("headers")
                            .properties()
                            .forEach(header -> require(
                                    document.resolved(header.getValue()),
                                    "description",
                                    where + " header " + header.getKey()));
                }));
        assertThat(missing).isEmpty();
    }

    @Test
    void everyBodyIsDescribedAndHasAnExample() {
        document.calls().filter(call -> call.json().has("requestBody")).forEach(call -> {
            require(call.json().path("requestBody"), "description", call + " body");
            contents(call.json().path("requestBody"), call + " body");
        });
        assertThat(missing).isEmpty();
    }

    private void contents(JsonNode body, String where) {
        body.path("content").properties().forEach(content -> {
            require(content.getValue(), "schema", where + " " + content.getKey());
            require(content.getValue(), "examples", where + " " + content.getKey());
        });
    }

    @Test
    void everyProblemIsAProblemDocument() {
        document.calls()
                .forEach(call -> call.statuses()
                        .filter(status -> status.compareTo("400") >= 0)
                        .map(status -> document.response(call, status).path("content"))
                        .filter(content -> !content.isEmpty() && !content.has("application/json"))
                        .forEach(content -> assertThat(content.at("/application~1problem+json/schema/$ref")
                                        .asText())
                                .as(call.toString())
                                .isEqualTo("#/components/schemas/ProblemDocument")));
    }

    @Test
    void everySchemaAndPropertyIsDescribed() {
        document.components("schemas").forEach(schema -> {
            require(schema.getValue(), "description", schema.getKey());
            schema.getValue()
                    .path("properties")
                    .properties()
                    .forEach(property ->
                            require(property.getValue(), "description", schema.getKey() + "." + property.getKey()));
        });
        assertThat(missing).isEmpty();
    }

    @Test
    void whatChangesSomethingWantsAToken() {
        document.calls()
                .forEach(call -> assertThat(call.json().at("/security/0").has("bearer"))
                        .as(call.toString())
                        .isEqualTo(!call.method().equals("GET") && !isEnvoysQuestion(call)));
    }

    /** Asked with POST, and changes nothing. */
    private static boolean isEnvoysQuestion(Call call) {
        return call.path().equals("/v3/discovery:endpoints");
    }

    @Test
    void theTalkOfPeersIsNotShown() {
        assertThat(document.calls().map(Call::path)).isNotEmpty().noneMatch(path -> path.startsWith("/peer"));
    }

    @Test
    void everyExampleFitsItsSchema() {
        document.calls().forEach(call -> {
            examplesFit(call.json().path("requestBody"), call + " body");
            call.statuses().forEach(status -> {
                examplesFit(document.response(call, status), call + " " + status);
                examplesTellTheirStatus(document.response(call, status), status);
            });
        });
    }

    @Test
    void whatASchemaDoesNotSayIsAFault() {
        var answer = document.response(document.call("GET", "/writable").orElseThrow(), "200")
                .at("/content/application~1json");
        var example = (ObjectNode)
                document.resolved(answer.at("/examples/writable")).path("value").deepCopy();

        assertThat(document.faults(answer.path("schema"), example)).isEmpty();
        assertThat(document.faults(answer.path("schema"), example.put("label", "nonsense")))
                .isNotEmpty();
        assertThat(document.faults(
                        answer.path("schema"), example.put("label", "writable").put("more", 1)))
                .isNotEmpty();
    }

    private void examplesFit(JsonNode body, String where) {
        body.path("content")
                .forEach(content -> content.path("examples").properties().forEach(example -> {
                    var value = document.resolved(example.getValue()).path("value");
                    assertThat(document.faults(content.path("schema"), value))
                            .as("%s example %s", where, example.getKey())
                            .isEmpty();
                }));
    }

    private void examplesTellTheirStatus(JsonNode response, String status) {
        response.at("/content/application~1problem+json/examples")
                .forEach(example -> assertThat(
                                document.resolved(example).at("/value/status").asText())
                        .isEqualTo(status));
    }

    private void require(JsonNode node, String field, String where) {
        var value = node.path(field);
        if (value.isContainerNode() ? value.isEmpty() : value.asText().isBlank()) {
            missing.add(where + ": no " + field);
        }
    }
}
