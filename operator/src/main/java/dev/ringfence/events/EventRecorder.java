package dev.ringfence.events;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes Kubernetes Events when something changes. The name follows from what is said, so that
 * saying it again adds no second one. Events are advice: losing one never fails a reconcile.
 */
public final class EventRecorder {
  private static final Logger LOG = LoggerFactory.getLogger(EventRecorder.class);
  private static final int LONGEST_NOTE = 1024;
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final KubernetesClient client;
  private final String instance;
  private final InstantSource clock;

  /**
   * @param instance which of the operator's processes says it
   */
  public EventRecorder(KubernetesClient client, String instance, InstantSource clock) {
    this.client = client;
    this.instance = instance;
    this.clock = clock;
  }

  /** How urgent an Event is. */
  public enum Severity {
    Normal,
    Warning
  }

  public void record(HasMetadata about, Severity severity, Reason reason, String note) {
    String namespace =
        about.getMetadata().getNamespace() == null ? "default" : about.getMetadata().getNamespace();
    String time = MICROS.format(clock.instant());
    Event event =
        new EventBuilder()
            .withNewMetadata()
            .withName(name(about, reason, note))
            .withNamespace(namespace)
            .endMetadata()
            .withType(severity.name())
            .withReason(reason.name())
            .withAction("Reconcile")
            .withNote(fitting(note))
            .withEventTime(new MicroTime(time))
            .withReportingController("ringfence.dev/operator")
            .withReportingInstance(instance)
            .withRegarding(
                new ObjectReferenceBuilder()
                    .withApiVersion(about.getApiVersion())
                    .withKind(about.getKind())
                    .withName(about.getMetadata().getName())
                    .withNamespace(about.getMetadata().getNamespace())
                    .withUid(about.getMetadata().getUid())
                    .build())
            .build();
    try {
      client.resource(event).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        again(event, time);
      } else {
        LOG.warn(
            "the Event {} about {} could not be written: {}",
            reason,
            about.getMetadata().getName(),
            e.getMessage());
      }
    }
  }

  /** As many whole lines as fit, and how many more there are: a rule's line is never half said. */
  static String fitting(String note) {
    if (note.length() <= LONGEST_NOTE) {
      return note;
    }
    List<String> lines = note.lines().toList();
    for (int kept = lines.size() - 1; kept > 0; kept--) {
      String text =
          String.join("\n", lines.subList(0, kept))
              + "\nand "
              + (lines.size() - kept)
              + " more, see the status";
      if (text.length() <= LONGEST_NOTE) {
        return text;
      }
    }
    return note.substring(0, LONGEST_NOTE - 3) + "...";
  }

  private void again(Event event, String time) {
    try {
      client
          .resource(event)
          .edit(
              there ->
                  new EventBuilder(there)
                      .withNewSeries()
                      .withCount(there.getSeries() == null ? 2 : there.getSeries().getCount() + 1)
                      .withLastObservedTime(new MicroTime(time))
                      .endSeries()
                      .build());
    } catch (KubernetesClientException e) {
      LOG.warn("the Event {} could not be counted: {}", event.getReason(), e.getMessage());
    }
  }

  private static String name(HasMetadata about, Reason reason, String note) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(
                  (about.getMetadata().getUid() + "\n" + reason + "\n" + note)
                      .getBytes(StandardCharsets.UTF_8));
      return about.getMetadata().getName() + "." + HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
