using Ark.Data;
using FsCheck.Xunit;

namespace Ark.Tests.Data;

public sealed class DatasetCatalogueTests : IDisposable
{
    private const string Whole = """
        ChestXray14:
          data_dir: images
          train_list: train.txt
          val_list: train.txt
          test_list: train.txt
          diseases: [Edema, Hernia]
          task_type: multi-label classification
        """;

    private readonly DataFolder _folder = new();

    public DatasetCatalogueTests()
    {
        _folder.AddImages("a.png");
        _folder.Write("train.txt", "a.png 0 1\n");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_key_of_the_original_and_of_ours_is_read()
    {
        var catalogue = Load("""
            # ours
            View:
              data_dir: images
              train_list: train.txt
              test_list: train.txt
              diseases:
                - AP
              test_diseases_name: [AP]
              task_type: binary classification
              adapter: mine
              settings:
                image_column: file
                columns: {AP: view}
            Classes:
              data_dir: images
              val_list: train.txt
              diseases: ["No Lung Opacity/Not Normal", Normal]
              task_type: "Multi-Class Classification"
            training:
              recipe: ark
              lr: 0.3
              datasets: [View, Classes]
            """);

        var view = catalogue.Get("View");
        Assert.Equal("mine", view.Adapter);
        Assert.Equal(_folder.Images, view.DataDirectory);
        Assert.Equal(Path.Combine(_folder.Root, "train.txt"), view.TrainList);
        Assert.Null(view.ValidationList);
        Assert.Equal(["AP"], view.TestLabels);
        Assert.Equal(LabelTask.Binary, view.Labels.Task);
        Assert.Equal(
            new() { ["image_column"] = "file", ["columns.AP"] = "view" },
            new Dictionary<string, string>(view.Settings, StringComparer.Ordinal));
        var classes = catalogue.Datasets[1];
        Assert.Equal("image-list", classes.Adapter);
        Assert.Equal(new LabelSchema(LabelTask.MultiClass, ["No Lung Opacity/Not Normal", "Normal"]).Names, classes.Labels.Names);
        Assert.Equal(LabelTask.MultiClass, classes.Labels.Task);
        Assert.Equal(
            [new("recipe", "ark", 20), new("lr", "0.3", 21), new CatalogueOption("datasets", "View,Classes", 22)], catalogue.Training);
    }

    [Theory]
    [InlineData("Mine", "train.txt", "image-list")]
    [InlineData("vindrcxr", "train.txt", "VinDrCXR")]
    [InlineData("CheXpert", "train.csv", "CheXpert")]
    [InlineData("ChestXray14", "train.csv", "ChestXray14")]
    [InlineData("Shenzhen", "train.csv", "csv")]
    [InlineData("Mine", "train.CSV", "csv")]
    [InlineData("Mine", "train.npz", "medmnist")]
    public void An_adapter_that_is_not_named_follows_from_the_lists_and_the_name(string name, string list, string adapter)
    {
        var catalogue = Load(
            Whole.Replace("ChestXray14", name, StringComparison.Ordinal).Replace("train.txt", list, StringComparison.Ordinal));

        Assert.Equal(adapter, catalogue.Datasets[0].Adapter);
    }

    [Fact]
    public void An_archive_named_as_data_folder_is_the_list_of_every_split()
    {
        _folder.Write("set.npz", "");

        var dataset = Load("X: {data_dir: set.npz, diseases: [A], task_type: binary classification}").Get("X");

        Assert.Equal("medmnist", dataset.Adapter);
        Assert.All(Enum.GetValues<DatasetSplit>(), split => Assert.Equal(Path.Combine(_folder.Root, "set.npz"), dataset.ListOf(split)));
    }

    [Fact]
    public void An_unlabeled_dataset_needs_neither_diseases_nor_a_test_list_and_may_not_have_labels()
    {
        var dataset = Load("X: {data_dir: images, train_list: train.txt, val_list: train.txt, task_type: unlabeled}").Get("X");
        Assert.Equal(("image-list", LabelTask.Unlabeled), (dataset.Adapter, dataset.Labels.Task));
        Assert.Null(dataset.TestList);
        var e = Assert.Throws<ArkInputException>(() => Load("X: {data_dir: images, diseases: [A], task_type: unlabeled}"));
        Assert.Contains("dataset 'X', key 'diseases': Unlabeled has no label names, got 1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_is_relative_to_the_file_and_else_to_the_working_directory()
    {
        using var elsewhere = new DataFolder();
        elsewhere.Write("only-there.txt", "");
        elsewhere.Write("train.txt", "");

        var dataset = Load(Whole.Replace("val_list: train.txt", "val_list: only-there.txt", StringComparison.Ordinal), elsewhere.Root).Get(
            "ChestXray14");

        Assert.Equal(Path.Combine(_folder.Root, "train.txt"), dataset.TrainList);
        Assert.Equal(Path.Combine(elsewhere.Root, "only-there.txt"), dataset.ValidationList);
    }

    [Fact]
    public void An_environment_variable_stands_in_a_path_and_is_named_when_it_is_not_set()
    {
        var yaml = Whole.Replace("data_dir: images", "data_dir: ${ROOT}/images", StringComparison.Ordinal);

        Assert.Equal(_folder.Images, Load(yaml, variable: n => n == "ROOT" ? _folder.Root : null).Get("ChestXray14").DataDirectory);
        var e = Assert.Throws<ArkInputException>(() => Load(yaml).Get("ChestXray14"));
        Assert.Contains(
            "line 2, dataset 'ChestXray14', key 'data_dir': the environment variable 'ROOT' is not set",
            e.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_dataset_that_is_not_chosen_may_lack_its_files()
    {
        var catalogue = Load(
            Whole + "\nOther: {data_dir: '${NOWHERE}', train_list: gone.txt, diseases: [A], task_type: binary classification}");

        Assert.Equal("ChestXray14", Assert.Single(catalogue.Select(["ChestXray14"])).Name);
        Assert.Throws<ArkInputException>(() => catalogue.Select());
    }

    [Theory]
    [InlineData(
        "train_list: train.txt",
        "tain_list: train.txt",
        "line 3, dataset 'ChestXray14', key 'tain_list': the key is unknown. Did you mean 'train_list'?")]
    [InlineData("train_list: train.txt", "train_list: gone.txt", "line 3, dataset 'ChestXray14', key 'train_list': the list")]
    [InlineData("train_list: train.txt", "train_list: images", "is a folder")]
    [InlineData(
        "train_list: train.txt",
        "train_list: [a, b]",
        "line 3, dataset 'ChestXray14', key 'train_list': is a list, expected a single value")]
    [InlineData("data_dir: images", "data_dir: pictures", "line 2, dataset 'ChestXray14', key 'data_dir': the folder")]
    [InlineData("data_dir: images", "data_dir: train.csv.txt", "key 'data_dir': the folder")]
    [InlineData("data_dir: images", "data_dir: train.txt", "is a file, expected a folder")]
    [InlineData(
        "data_dir: images", "data_dir: \"ima\\0ges\"", "line 2, dataset 'ChestXray14', key 'data_dir': the path contains a zero character")]
    [InlineData("  task_type", "  \0task_type", "line 7: contains a zero byte")]
    [InlineData("[Edema, Hernia]", "[Edema, '  ']", "key 'diseases': A label name is empty")]
    [InlineData("data_dir: images", "val_list: x", "line 4: the key 'val_list' is a duplicate")]
    [InlineData("multi-label classification", "multilabel classification", "Did you mean 'multi-label classification'? The tasks are: "
        + "binary classification, multi-class classification, multi-label classification, segmentation, unlabeled.")]
    [InlineData(
        "multi-label classification",
        "binary classification",
        "line 6, dataset 'ChestXray14', key 'diseases': Binary has exactly one label name, got 2")]
    [InlineData("[Edema, Hernia]", "[Edema, Edema]", "key 'diseases': Label names must be unique")]
    [InlineData("[Edema, Hernia]", "Edema", "key 'diseases': is a single value, expected a list")]
    [InlineData(
        "[Edema, Hernia]",
        "[Edema, Hernia]\n  test_diseases_name: [Oedema]",
        "line 7, dataset 'ChestXray14', key 'test_diseases_name': 'Oedema' is not among the dataset's diseases. Did you mean 'Edema'?")]
    [InlineData("[Edema, Hernia]", "*x", "the alias '*x' names no anchor")]
    [InlineData("[Edema, Hernia]", "&a [*a]", "the alias '*a' names no anchor that is complete before it")]
    [InlineData("[Edema, Hernia]", "[Edema, Hernia", "is no valid YAML")]
    [InlineData("ChestXray14:", "---\nA: b\n---\nChestXray14:", "line 3: a second YAML document")]
    [InlineData("ChestXray14:", "training: 3\nChestXray14:", "line 1, key 'training': is a single value, expected a mapping")]
    [InlineData(
        "ChestXray14:",
        "training: {lr: {a: b}}\nChestXray14:",
        "line 1, section 'training', key 'lr': is a mapping, expected a single value")]
    [InlineData("ChestXray14:", "? [a]\n: b\nChestXray14:", "a key is a list, expected a name")]
    public void A_mistake_is_refused_with_line_key_and_mend(string part, string mistake, string problem)
    {
        var e = Assert.Throws<ArkInputException>(() => Load(Whole.Replace(part, mistake, StringComparison.Ordinal)).Select());

        Assert.StartsWith(Path.Combine(_folder.Root, "ark.yaml"), e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chestxray14", "the dataset 'chestxray14' is unknown. Did you mean 'ChestXray14'?")]
    [InlineData("CheXpert", "The file's datasets are: ChestXray14.")]
    public void An_unknown_dataset_is_answered_with_the_known_ones(string name, string answer)
    {
        var e = Assert.Throws<ArkInputException>(() => Load(Whole).Get(name));

        Assert.Contains(answer, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_may_be_shared_by_an_alias()
    {
        var catalogue = Load(Whole.Replace("[Edema, Hernia]", "&labels [Edema, Hernia]", StringComparison.Ordinal)
            + "\nB: {data_dir: images, train_list: train.txt, diseases: *labels, task_type: multi-label classification}");

        Assert.Equal(["Edema", "Hernia"], catalogue.Get("B").Labels.Names);
    }

    [Fact]
    public void Aliases_of_aliases_are_counted_in_full()
    {
        var bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(
            Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));

        var e = Assert.Throws<ArkInputException>(() => Load(bomb));

        Assert.Contains("too many values", e.Message, StringComparison.Ordinal);
    }

    [Property(MaxTest = 500)]
    public void Any_damage_to_a_catalogue_is_read_or_refused_in_one_way(ushort at, ushort length, char with)
    {
        var start = at % Whole.Length;
        var damaged = Whole[..start] + with + Whole[Math.Min(Whole.Length, start + (length % 8))..];

        _ = Record.Exception(() => YamlReader.ReadText(damaged, "x")) is null or ArkInputException
            ? 0
            : throw new InvalidOperationException(damaged);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{")]
    [InlineData("a: |")]
    [InlineData("a: \"")]
    [InlineData("%YAML 1.1")]
    [InlineData("? ")]
    [InlineData("- - -\n-")]
    [InlineData("a: b: c")]
    [InlineData("\t- a")]
    [InlineData("&a &b c: d")]
    [InlineData("a: !<x")]
    [InlineData("*")]
    [InlineData("a: @b")]
    public void A_fragment_is_read_or_refused_in_one_way(string fragment)
    {
        var error = Record.Exception(() => YamlReader.ReadText(fragment, "x"));

        Assert.True(error is null or ArkInputException, error?.ToString());
    }

    [Fact]
    public void A_catalogue_that_does_not_exist_is_named()
    {
        var e = Assert.Throws<ArkInputException>(() => DatasetCatalogue.Load(Path.Combine(_folder.Root, "gone.yaml")));

        Assert.Contains("the configuration does not exist", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_adapter_is_answered_with_the_registered_ones()
    {
        var dataset = Load(Whole + "\n  adapter: image-lst").Get("ChestXray14");

        var e = Assert.Throws<ArkInputException>(() => new DatasetAdapterRegistry().Create(dataset));

        Assert.Contains("the adapter 'image-lst' is unknown. Did you mean 'image-list'? The registered adapters are: ChestDR, "
            + "ChestXray14, CheXpert, COVIDx, csv,", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_registered_adapter_gets_the_definition_and_its_services()
    {
        var registry = new DatasetAdapterRegistry();
        registry.Register<TheirAdapter>("theirs");

        var adapter = registry.Create(Load(Whole + "\n  adapter: THEIRS").Get("ChestXray14"), new Services());

        var theirs = Assert.IsType<TheirAdapter>(adapter);
        Assert.Equal("a service", theirs.Service);
        Assert.Equal(["Edema", "Hernia"], theirs.Labels.Names);
    }

    private DatasetCatalogue Load(string yaml, string? workingDirectory = null, Func<string, string?>? variable = null) =>
        DatasetCatalogue.Load(_folder.Write("ark.yaml", yaml), workingDirectory ?? _folder.Root, variable ?? (_ => null));

    private sealed class Services : IServiceProvider
    {
        public object? GetService(Type serviceType) => serviceType == typeof(string) ? "a service" : null;
    }

    private sealed class TheirAdapter(DatasetDefinition definition, string service) : IDatasetAdapter
    {
        public string Service => service;

        public LabelSchema Labels => definition.Labels;

        public ValueTask<IReadOnlyList<ImageSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();
    }
}
