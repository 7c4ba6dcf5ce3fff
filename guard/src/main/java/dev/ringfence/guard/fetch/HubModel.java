package dev.ringfence.guard.fetch;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonFault;
import dev.ringfence.guard.json.JsonReader;
import dev.ringfence.guard.model.Contents;
import dev.ringfence.guard.model.ModelFacts;
import dev.ringfence.guard.model.ModelFacts.ModelFile;
import dev.ringfence.guard.model.ModelFault;
import dev.ringfence.guard.model.Safetensors;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a model on a hub without downloading its weights: digests from the large-file records,
 * headers by range.
 */
public final class HubModel {
  private static final int MOST_SMALL = 256 * 1024 * 1024;
  private static final int MOST_PAGES = 50;
  private static final Pattern NEXT = Pattern.compile("<([^>]+)>;\\s*rel=\"next\"");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

  private final Http http;
  private final String endpoint;
  private final String repository;
  private String revision;

  /** What was left out, since it is neither needed nor allowed in a model's folder. */
  private final List<String> leftOut = new ArrayList<>();

  private final Map<String, byte[]> small = new HashMap<>();

  public HubModel(Http http, String endpoint, String repository, String revision) {
    this.http = http;
    this.endpoint = endpoint;
    this.repository = repository;
    this.revision = revision;
  }

  /** The commit: what was given, or what the given branch or tag is now. */
  public String revision() {
    return revision;
  }

  public List<String> leftOut() {
    return List.copyOf(leftOut);
  }

  /** The bytes of a small file that was looked at. */
  public byte @Nullable [] small(String path) {
    return small.get(path);
  }

  /** The files as a TrustedModel lists them. */
  public List<ModelFile> files() throws FetchFault, IOException, ModelFault {
    if (!COMMIT.matcher(revision).matches()) {
      Json info =
          json(
              URI.create(
                  endpoint + "/api/models/" + repository + "/revision/" + escaped(revision)));
      revision = info instanceof Json.Obj o && o.get("sha") instanceof Json.Str s ? s.text() : "";
      if (!COMMIT.matcher(revision).matches()) {
        throw FetchFault.of("the hub names no commit for this revision");
      }
    }
    List<ModelFile> files = new ArrayList<>();
    Optional<URI> page =
        Optional.of(
            URI.create(
                endpoint
                    + "/api/models/"
                    + repository
                    + "/tree/"
                    + revision
                    + "?recursive=true&expand=false"));
    for (int i = 0; page.isPresent() && i < MOST_PAGES; i++) {
      try (Http.Answer answer = ok(page.get(), Optional.empty())) {
        page = next(page.get(), answer);
        for (Json item : list(answer)) {
          if (item instanceof Json.Obj o
              && o.get("type") instanceof Json.Str t
              && t.text().equals("file")
              && o.get("path") instanceof Json.Str path) {
            add(files, path.text(), o);
          }
        }
      }
    }
    files.sort(Comparator.comparing(ModelFile::path));
    return files;
  }

  private void add(List<ModelFile> files, String path, Json.Obj entry)
      throws FetchFault, IOException, ModelFault {
    if (ModelFacts.pathFault(path).isPresent()) {
      if (path.equals("params.json") || path.equals("adapter_config.json")) {
        throw Contents.unlisted(path);
      }
      leftOut.add(path);
      return;
    }
    if (entry.get("lfs") instanceof Json.Obj lfs
        && lfs.get("oid") instanceof Json.Str oid
        && oid.text().matches("[0-9a-f]{64}")
        && lfs.get("size") instanceof Json.Num size
        && size.asLong().isPresent()) {
      files.add(new ModelFile(path, size.asLong().getAsLong(), oid.text()));
      return;
    }
    byte[] bytes = download(path, Optional.empty(), MOST_SMALL);
    small.put(path, bytes);
    files.add(new ModelFile(path, bytes.length, HexFormat.of().formatHex(sha256().digest(bytes))));
  }

  /** Judges what can be judged without the weights: every JSON file, every safetensors header. */
  public void check(ModelFacts facts) throws FetchFault, IOException, ModelFault {
    Set<String> listed = facts.files().stream().map(ModelFile::path).collect(Collectors.toSet());
    for (ModelFile f : facts.files()) {
      if (f.isWeights()) {
        header(f);
      } else if (f.path().endsWith(".json")) {
        byte[] bytes = small.get(f.path());
        if (bytes == null) {
          bytes = download(f.path(), Optional.empty(), MOST_SMALL);
          if (!HexFormat.of().formatHex(sha256().digest(bytes)).equals(f.sha256())) {
            throw new ModelFault(
                Rule.FILE_DIGESTS, f.path(), "has another digest than the hub's own record says");
          }
          if (f.path().equals("config.json")) {
            small.put(f.path(), bytes);
          }
        }
        Contents.search(f.path(), new ByteArrayInputStream(bytes));
        if (f.path().endsWith(".safetensors.index.json")) {
          Contents.index(f.path(), bytes, listed);
        }
      }
    }
    byte[] config = small.get("config.json");
    if (config == null) {
      throw new ModelFault(Rule.FILE_DIGESTS, "config.json", "is missing");
    }
    Contents.config(config, small.get("hf_quant_config.json"), facts);
  }

  private void header(ModelFile f) throws FetchFault, IOException, ModelFault {
    byte[] prefix = download(f.path(), Optional.of("bytes=0-7"), Safetensors.PREFIX);
    int length = Safetensors.headerLength(f.path(), prefix, f.size());
    byte[] header = download(f.path(), Optional.of("bytes=8-" + (7L + length)), length);
    if (header.length != length) {
      throw new ModelFault(Rule.SAFETENSORS_ONLY, f.path(), "ends within its header");
    }
    Safetensors.check(f.path(), header, f.size());
  }

  private byte[] download(String path, Optional<String> range, int most)
      throws FetchFault, IOException {
    StringBuilder at = new StringBuilder(endpoint + "/" + repository + "/resolve/" + revision);
    for (String part : path.split("/", -1)) {
      at.append('/').append(escaped(part));
    }
    try (Http.Answer answer = ok(URI.create(at.toString()), range)) {
      byte[] bytes = answer.body().readNBytes(most + 1);
      if (range.isPresent()) {
        return bytes.length > most ? java.util.Arrays.copyOf(bytes, most) : bytes;
      }
      if (bytes.length > most) {
        throw FetchFault.of(path + ": is too large for a file that holds no weights");
      }
      return bytes;
    }
  }

  private Http.Answer ok(URI uri, Optional<String> range) throws FetchFault, IOException {
    Http.Answer answer;
    try {
      answer = http.get(uri, range);
    } catch (IOException e) {
      throw FetchFault.of("the hub cannot be reached");
    }
    if (answer.status() == 200 || answer.status() == 206) {
      return answer;
    }
    answer.close();
    throw FetchFault.of(
        switch (answer.status()) {
          case 401, 403 ->
              "the hub refuses access ("
                  + answer.status()
                  + "); the model may be gated or private: give --token FILE";
          case 404 -> "the hub has no such repository, revision or file (404)";
          default -> "the hub answers " + answer.status();
        });
  }

  private Json json(URI uri) throws FetchFault, IOException {
    try (Http.Answer answer = ok(uri, Optional.empty())) {
      return read(answer.body());
    }
  }

  private static List<Json> list(Http.Answer answer) throws FetchFault, IOException {
    if (read(answer.body()) instanceof Json.Arr a) {
      return a.items();
    }
    throw FetchFault.of("the hub's list of files cannot be read");
  }

  private static Json read(InputStream in) throws FetchFault, IOException {
    try {
      return JsonReader.read(in.readNBytes(32 * 1024 * 1024), JsonReader.Bounds.LARGE);
    } catch (JsonFault e) {
      throw FetchFault.of("the hub's answer cannot be read");
    }
  }

  private Optional<URI> next(URI from, Http.Answer answer) throws FetchFault {
    Matcher m = NEXT.matcher(answer.headers().firstValue("link").orElse(""));
    if (!m.find()) {
      return Optional.empty();
    }
    try {
      URI to = from.resolve(m.group(1));
      if (to.toString().startsWith(endpoint + "/")) {
        return Optional.of(to);
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw FetchFault.of("the hub's list of files goes on elsewhere");
  }

  private static String escaped(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
