package dev.estafet;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/** The shape that design.md and style.md describe, held. */
@AnalyzeClasses(packages = "dev.estafet", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    /** Layers import only those below them; setup, switchover, failover and rejoin do not know each other. */
    @ArchTest
    static final ArchRule arrowsRunDownward = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .withOptionalLayers(true)
            .layer("api")
            .definedBy("dev.estafet.api..")
            .layer("traffic")
            .definedBy("dev.estafet.traffic..")
            .layer("setup")
            .definedBy("dev.estafet.setup..")
            .layer("switchover")
            .definedBy("dev.estafet.switchover..")
            .layer("failover")
            .definedBy("dev.estafet.failover..")
            .layer("rejoin")
            .definedBy("dev.estafet.rejoin..")
            .layer("operation")
            .definedBy("dev.estafet.operation..")
            .layer("pgbouncer")
            .definedBy("dev.estafet.pgbouncer..")
            .layer("cluster")
            .definedBy("dev.estafet.cluster..")
            .layer("node")
            .definedBy("dev.estafet.node..")
            .layer("postgres")
            .definedBy("dev.estafet.postgres..")
            .whereLayer("api")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("traffic")
            .mayOnlyBeAccessedByLayers("api")
            .whereLayer("setup")
            .mayOnlyBeAccessedByLayers("api")
            .whereLayer("switchover")
            .mayOnlyBeAccessedByLayers("api")
            .whereLayer("failover")
            .mayOnlyBeAccessedByLayers("api")
            .whereLayer("rejoin")
            .mayOnlyBeAccessedByLayers("api")
            .whereLayer("operation")
            .mayOnlyBeAccessedByLayers("api", "traffic", "setup", "switchover", "failover", "rejoin")
            .whereLayer("pgbouncer")
            .mayOnlyBeAccessedByLayers("api", "switchover", "failover", "operation")
            .whereLayer("cluster")
            .mayOnlyBeAccessedByLayers(
                    "api", "traffic", "setup", "switchover", "failover", "rejoin", "operation", "pgbouncer")
            .whereLayer("node")
            .mayOnlyBeAccessedByLayers(
                    "api", "traffic", "setup", "switchover", "failover", "rejoin", "operation", "pgbouncer", "cluster");

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.estafet.(*)..").should().beFreeOfCycles();

    /** The root is what all layers speak, so it knows none of them. */
    @ArchTest
    static final ArchRule theRootKnowsNoLayer = noClasses()
            .that()
            .resideInAPackage("dev.estafet")
            .should()
            .dependOnClassesThat(resideInAPackage("dev.estafet.*.."));

    @ArchTest
    static final ArchRule dependenciesComeThroughConstructors =
            fields().should().notBeAnnotatedWith(Inject.class);

    @ArchTest
    static final ArchRule namesSayWhatAClassIs =
            noClasses().should().haveNameMatching(".*(Utils?|Helpers?|Managers?|Impl|Common)");

    @ArchTest
    static final ArchRule nobodySleeps = noClasses()
            .should()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .callMethod(Thread.class, "sleep", long.class, int.class)
            .orShould()
            .callMethod(Thread.class, "sleep", Duration.class)
            .orShould()
            .callMethod(TimeUnit.class, "sleep", long.class);

    @ArchTest
    static final ArchRule onlyToolStartsProcesses = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("dev.estafet.postgres.Tool")
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(ProcessBuilder.class, Runtime.class);

    /** A native executable keeps the members of what is registered only; so must be what registered records consist of. */
    @ArchTest
    static final ArchRule whatARegisteredRecordHoldsIsRegisteredToo = classes()
            .that()
            .areAnnotatedWith(RegisterForReflection.class)
            .should(onlyInvolve(
                    "fields",
                    type -> type.getFields().stream()
                            .filter(field -> !field.getModifiers().contains(JavaModifier.STATIC))
                            .flatMap(field -> field.getType().getAllInvolvedRawTypes().stream())));

    /** And what REST methods, of resources and of clients, take and answer. */
    @ArchTest
    static final ArchRule whatRestMethodsTakeAndAnswerIsRegistered = classes()
            .that()
            .containAnyMethodsThat(areRestMethods())
            .should(onlyInvolve(
                    "REST methods",
                    type -> type.getMethods().stream()
                            .filter(areRestMethods())
                            .flatMap(method -> Stream.concat(
                                    Stream.of(method.getReturnType()), method.getParameterTypes().stream()))
                            .flatMap(it -> it.getAllInvolvedRawTypes().stream())));

    @ArchTest
    static void everyPackageSaysWhatItIsForAndIsNullMarked(JavaClasses classes) {
        var packages = new TreeSet<>(classes.stream()
                .map(JavaClass::getPackage)
                .map(JavaPackage::getName)
                .toList());

        for (var name : packages) {
            assertThat(classes.getPackage(name).tryGetPackageInfo()).as(name).isPresent();
            assertThat(classes.getPackage(name).isAnnotatedWith(NullMarked.class))
                    .as(name)
                    .isTrue();
        }
    }

    private static DescribedPredicate<JavaMethod> areRestMethods() {
        return DescribedPredicate.describe(
                "are REST methods",
                method -> List.of(GET.class, POST.class, DELETE.class).stream().anyMatch(method::isAnnotatedWith));
    }

    private static ArchCondition<JavaClass> onlyInvolve(String where, Function<JavaClass, Stream<JavaClass>> types) {
        return new ArchCondition<>("only have registered types of ours in its " + where) {
            @Override
            public void check(JavaClass owner, ConditionEvents events) {
                types.apply(owner)
                        .filter(type -> type.getPackageName().startsWith("dev.estafet"))
                        .filter(type -> type.isRecord() || type.isEnum())
                        .filter(type -> !type.isAnnotatedWith(RegisterForReflection.class))
                        .forEach(type -> events.add(SimpleConditionEvent.violated(
                                owner,
                                "%s travels in %s and is not registered".formatted(type.getName(), owner.getName()))));
            }
        };
    }
}
