package dev.estafet.testing;

import io.restassured.path.json.JsonPath;
import java.util.List;
import java.util.Map;

/**
 * An operation as a service answered it.
 *
 * @param json the whole answer
 */
public record Operation(JsonPath json) {

    public String id() {
        return json.getString("id");
    }

    public String state() {
        return json.getString("state");
    }

    /** Names of the phases, in order. */
    public List<String> phases() {
        return json.getList("phases.name", String.class);
    }

    /** State of each phase, in order. */
    public List<String> phaseStates() {
        return json.getList("phases.state", String.class);
    }

    /** One phase, as it was answered. */
    public Map<String, Object> phase(String name) {
        return json.param("name", name).getMap("phases.find { it.name == name }");
    }

    /** A member of the certificate. */
    public String certified(String member) {
        return json.getString("result." + member);
    }

    @Override
    public String toString() {
        return json.prettify();
    }
}
