package dev.estafet.postgres;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parameter {@code synchronous_standby_names}: for how many of which standbys a commit waits (manual, section 20.6.2;
 * grammar in {@code src/backend/replication/syncrep_gram.y}, words in {@code syncrep_scanner.l}).
 *
 * @param text as the server has it
 */
public record SynchronousStandbyNames(String text) {

    /** A standby's name, quoted or not, a star, a number, or punctuation. */
    private static final Pattern WORD = Pattern.compile("\"((?:[^\"]|\"\")*)\"|[^\\s\",()]+|[(),]");

    private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_$]*");

    private static final String ANY_STANDBY = "*";

    public boolean isEmpty() {
        return text.isBlank();
    }

    /**
     * The same rule after a change of roles: where it waited for {@code newPrimary}, it waits for {@code oldPrimary} now. A
     * list that has both, as one kept alike on all nodes, stays as it is: no server is its own standby.
     */
    public SynchronousStandbyNames withRolesChanged(String oldPrimary, String newPrimary) {
        if (names().stream().anyMatch(oldPrimary::equalsIgnoreCase)) {
            return this;
        }
        return new SynchronousStandbyNames(WORD.matcher(text)
                .replaceAll(word -> Matcher.quoteReplacement(
                        newPrimary.equalsIgnoreCase(name(word)) ? quoted(oldPrimary) : word.group())));
    }

    /** Whether a commit need not wait for ever while these standbys, by their {@code application_name}, stream. */
    public boolean isSatisfiedBy(Collection<String> streaming) {
        var names = names();
        var present = streaming.stream()
                .filter(standby -> names.contains(ANY_STANDBY) || names.stream().anyMatch(standby::equalsIgnoreCase))
                .count();
        return isEmpty() || present >= count();
    }

    /** How many standbys a commit waits for; a list alone means the first that is there. */
    private int count() {
        var words = words();
        var open = words.indexOf("(");
        return open < 0 ? 1 : Integer.parseInt(words.get(open - 1));
    }

    private List<String> names() {
        var words = WORD.matcher(text).results().toList();
        var open = words.stream().map(MatchResult::group).toList().indexOf("(");
        return words.stream()
                .skip(open + 1L)
                .filter(word -> !List.of("(", ")", ",").contains(word.group()))
                .map(SynchronousStandbyNames::name)
                .toList();
    }

    private List<String> words() {
        return WORD.matcher(text).results().map(MatchResult::group).toList();
    }

    private static String name(MatchResult word) {
        return word.group(1) == null ? word.group() : word.group(1).replace("\"\"", "\"");
    }

    /** {@code FIRST} and {@code ANY} are no names by themselves, nor is what has other characters. */
    private static String quoted(String name) {
        var plain = PLAIN.matcher(name).matches() && !List.of("first", "any").contains(name.toLowerCase(Locale.ROOT));
        return plain ? name : '"' + name.replace("\"", "\"\"") + '"';
    }

    @Override
    public String toString() {
        return text;
    }
}
