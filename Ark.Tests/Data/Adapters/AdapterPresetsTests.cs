using Ark.Data;

namespace Ark.Tests.Data;

/// <summary>The files of public datasets, as their publishers write them, need nothing but the dataset's name.</summary>
public sealed class AdapterPresetsTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task Nih_data_entry_lists_findings_in_one_cell() => Reads(
        "ChestXray14", "Data_Entry.csv", LabelTask.MultiLabel, ["Cardiomegaly", "Effusion"],
        "Image Index,Finding Labels,Follow-up #,Patient ID\n00000001_000.png,Cardiomegaly|Effusion,0,1\n00000002_000.png,No Finding,0,2\n",
        ("00000001_000.png", [1, 1], "1"), ("00000002_000.png", [0, 0], "2"));

    [Fact]
    public Task Ark_lists_of_nih_tell_the_patient_by_the_name() => Reads(
        "ChestXray14", "train.txt", LabelTask.MultiLabel, ["Cardiomegaly", "Effusion"], "00000001_000.png 1 0\n",
        ("00000001_000.png", [1, 0], "00000001"));

    [Fact]
    public Task Rsna_class_info_joins_the_boxes_of_an_image() => Reads(
        "RSNAPneumonia", "info.csv", LabelTask.MultiClass, ["Normal", "No Lung Opacity/Not Normal", "Lung Opacity"],
        "patientId,class\na,No Lung Opacity / Not Normal\nb,Lung Opacity\nb,Lung Opacity\nc,Normal\n",
        ("a.dcm", [0, 1, 0], null), ("b.dcm", [0, 0, 1], null), ("c.dcm", [1, 0, 0], null));

    [Fact]
    public Task Vindr_tables_join_the_readers_of_an_image() => Reads(
        "VinDrCXR", "image_labels_train.csv", LabelTask.MultiLabel, ["Aortic enlargement", "No finding"],
        "image_id,rad_id,Aortic enlargement,No finding\na,R1,0,0\nb,R1,0,1\na,R2,1,0\nb,R2,0,1\na,R3,0,0\nb,R3,0,1\n",
        ("train/a.dicom", [1, 0], null), ("train/b.dicom", [0, 1], null));

    [Fact]
    public Task Siim_masks_are_a_label() => Reads(
        "SIIM-ACR", "train-rle.csv", LabelTask.Binary, ["Pneumothorax"], "ImageId, EncodedPixels\na, -1\nb,12 3 400 5\nb,9 9\n",
        ("a.dcm", [0], null), ("b.dcm", [1], null));

    [Fact]
    public Task Node21_rows_of_one_image_are_joined() => Reads(
        "NODE21", "metadata.csv", LabelTask.Binary, ["Nodule"],
        "height,label,img_name,width,x,y\n80,1,n1.mha,50,1,2\n70,1,n1.mha,40,3,4\n0,0,c2.mha,0,0,0\n",
        ("n1.png", [1], null), ("c2.png", [0], null));

    [Fact]
    public Task Padchest_lists_findings_as_python_prints_them() => Reads(
        "PadChest", "labels.csv", LabelTask.MultiLabel, ["pleural effusion", "normal"],
        "ImageID,PatientID,Labels\na.png,7,\"['normal']\"\nb.png,8,\"['pleural effusion', 'nodule']\"\n", ("a.png", [0, 1], "7"),
        ("b.png", [1, 0], "8"));

    [Fact]
    public async Task CheXpert_tells_the_patient_by_the_path_takes_what_is_not_mentioned_as_absent_and_what_is_uncertain_as_probable()
    {
        const string First = "CheXpert-v1.0/train/patient00001/study1/view1_frontal.jpg";
        const string Second = "CheXpert-v1.0/train/patient00042/study2/view1_frontal.jpg";
        _folder.AddImages(First, Second);
        var list = _folder.Write("train.csv", $"Path,Sex,Edema,Cardiomegaly\n{First},F,,1.0\n{Second},M,-1.0,0.0\n");
        var samples = await DataFolder.Read(_folder.Definition("CheXpert", list, LabelTask.MultiLabel, ["Cardiomegaly", "Edema"]));
        Assert.Equal(["patient00001", "patient00042"], samples.Select(s => s.PatientId));
        Assert.Equal([1, 0], samples[0].Targets);
        Assert.Equal(0, samples[1].Targets[0]);
        Assert.InRange(samples[1].Targets[1], 0.55f, 0.85f);
    }

    [Fact]
    public Task Mimic_names_the_patient_in_a_column_and_takes_what_is_uncertain_as_present() => Reads(
        "MIMIC", "train.csv", LabelTask.MultiLabel, ["Edema", "Atelectasis"],
        "Path,subject_id,study_id,Atelectasis,Edema\np10/p10000032/s1/a.jpg,10000032,1,1.0,-1.0\np10/p10000764/s2/b.jpg,10000764,2,0.0,\n",
        ("p10/p10000032/s1/a.jpg", [1, 1], "10000032"), ("p10/p10000764/s2/b.jpg", [0, 0], "10000764"));

    [Fact]
    public async Task A_column_of_findings_has_the_name_and_the_separator_that_the_catalogue_says()
    {
        _folder.AddImages("a.png", "b.png", "c.png", "d.png");
        var list = _folder.Write(
            "l.csv", "image,Report\na.png,mass; pleural effusion\nb.png,nothing\nc.png,\nd.png,mass|pleural effusion\n");
        var samples = await DataFolder.Read(_folder.Definition(
            "csv", list, LabelTask.MultiLabel, ["Mass", "Pleural Effusion"], ("findings_column", "Report"), ("findings_separator", ";")));
        Assert.Equal([[1, 1], [0, 0], [float.NaN, float.NaN], [1, 1]], samples.Select(s => s.Targets));
    }

    [Fact]
    public async Task A_star_stands_for_every_word_that_is_not_explained()
    {
        _folder.AddImages("a.png", "b.png", "c.png");
        var list = _folder.Write("l.csv", "image,label\na.png,clear\nb.png,tuberculosis\nc.png,unread\n");
        var samples = await DataFolder.Read(_folder.Definition(
            "csv", list, LabelTask.Binary, ["A"], ("values.clear", "0"), ("values.unread", "missing"), ("values.*", "1")));
        Assert.Equal([[0], [1], [float.NaN]], samples.Select(s => s.Targets));
    }

    [Theory]
    [InlineData("{split}/{stem}.jpg", "train/a.jpg")]
    [InlineData("x/{name}", "x/a.dcm")]
    [InlineData("{stem}/{name}", "a/a.dcm")]
    public async Task A_template_places_the_name_of_an_image(string template, string place)
    {
        _folder.AddImages(place);
        var sample = Assert.Single(await DataFolder.Read(_folder.Definition(
            "csv", _folder.Write("l.csv", "image,label\na.dcm,1\n"), LabelTask.Binary, ["A"], ("image_path", template))));
        Assert.Equal(place, Path.GetRelativePath(_folder.Images, sample.Image.Name).Replace('\\', '/'));
    }

    [Fact]
    public Task ChestDR_names_images_in_img_id() => Reads(
        "ChestDR", "chest_train.csv", LabelTask.MultiLabel, ["nodule", "TB"], "img_id,TB,nodule\na.png,0,1\n", ("a.png", [1, 0], null));

    [Fact]
    public Task Tbx11k_tells_the_class_by_the_folder() => Reads(
        "TBX11K", "train.txt", LabelTask.MultiClass, ["healthy", "sick but no TB", "TB"],
        "imgs/health/h1.png\nimgs/tb/tb1.png\nimgs/sick/s1.png\n",
        ("imgs/health/h1.png", [1, 0, 0], null), ("imgs/tb/tb1.png", [0, 0, 1], null), ("imgs/sick/s1.png", [0, 1, 0], null));

    [Fact]
    public Task Tbx11k_classes_under_the_folders_own_names_may_stand_in_any_order() => Reads(
        "TBX11K", "train.txt", LabelTask.MultiClass, ["TB", "sick", "health"], "imgs/health/h1.png\nimgs/tb/tb1.png\n",
        ("imgs/health/h1.png", [0, 0, 1], null), ("imgs/tb/tb1.png", [1, 0, 0], null));

    [Theory]
    [InlineData(LabelTask.MultiClass, "tb", "ill", "health")]
    [InlineData(LabelTask.Binary, "health")]
    public void Tbx11k_refuses_a_folders_name_for_another_folders_class(LabelTask task, params string[] labels)
    {
        var e = Assert.Throws<ArkInputException>(() => new DatasetAdapterRegistry().Create(
            _folder.Definition("TBX11K", "train.txt", task, labels)));
        Assert.Contains("key 'diseases'", e.Message, StringComparison.Ordinal);
        Assert.Contains("health, sick, tb", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public Task Findings_are_the_same_with_blanks_dashes_and_underscores() => Reads(
        "ChestXray14", "Data_Entry.csv", LabelTask.MultiLabel, ["Pleural Thickening"],
        "Image Index,Finding Labels,Patient ID\n00000001_000.png,Pleural_Thickening|Mass,1\n00000002_000.png,Mass,2\n",
        ("00000001_000.png", [1], "1"), ("00000002_000.png", [0], "2"));

    [Fact]
    public async Task Vindr_reads_a_validation_split_from_the_folders_that_there_are()
    {
        _folder.AddImages("train/a.dicom", "test/b.dicom");
        var list = _folder.Write("l.csv", "image_id,A\na,1\nb,0\n");
        var definition = _folder.Definition("VinDrCXR", list, LabelTask.MultiLabel, ["A"]) with { ValidationList = list };
        Assert.Equal(["train/a.dicom", "test/b.dicom"], (await DataFolder.Read(
            definition, DatasetSplit.Validation)).Select(s => Path.GetRelativePath(_folder.Images, s.Image.Name).Replace('\\', '/')));
        // A training image that is missing is not one of the test's that is named alike.
        Assert.Contains(
            "'train/b.dicom' was not found",
            (await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(definition))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_uncertain_row_is_no_vote_and_stays_soft_where_no_row_is_certain()
    {
        _folder.AddImages("a.png", "b.png", "c.png");
        var list = _folder.Write("l.csv", "image,A\na.png,-1\na.png,0\nb.png,-1\nb.png,-1\nc.png,-1\nc.png,1\n");
        var targets = (await DataFolder.Read(_folder.Definition(
            "csv", list, LabelTask.MultiLabel, ["A"], ("rows", "any"), ("uncertain", "lsr-zeros")))).Select(s => s.Targets[0]).ToArray();
        Assert.Equal(0, targets[0]);
        Assert.InRange(targets[1], 0.0001f, 0.3f);
        Assert.Equal(1, targets[2]);
    }

    [Fact]
    public Task Montgomery_tells_the_class_by_the_last_character() => Reads(
        "Montgomery", "train.txt", LabelTask.Binary, ["TB"], "MCUCXR_0001_0.png\nMCUCXR_0104_1.png\n", ("MCUCXR_0001_0.png", [0], null),
        ("MCUCXR_0104_1.png", [1], null));

    [Fact]
    public async Task One_table_may_hold_all_splits()
    {
        _folder.AddImages("a.png", "b.png", "c.png");
        var list = _folder.Write("all.csv", "image,label,fold\na.png,1,training\nb.png,0,valid\nc.png,1,test\n");
        var definition = _folder.Definition("csv", list, LabelTask.Binary, ["A"], ("split_column", "fold")) with
        {
            ValidationList = list,
            TestList = list
        };

        foreach (var (split, name) in new[]
        {
            (DatasetSplit.Train, "a.png"),
            (DatasetSplit.Validation, "b.png"),
            (DatasetSplit.Test, "c.png")
        })
            Assert.EndsWith(name, Assert.Single(await DataFolder.Read(definition, split)).Image.Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Words_for_splits_and_labels_can_be_explained()
    {
        _folder.AddImages("a.png", "b.png", "c.png", "d.png");
        var list = _folder.Write("all.csv", "image,label,fold\na.png,yes,1\nb.png,no,2\nc.png,maybe,3\nd.png,yes,9\n");
        var definition = _folder.Definition("csv", list, LabelTask.Binary, ["A"],
            ("split_column", "fold"), ("splits.train", "1, 2,3"), ("values.yes", "1"), ("values.no", "0"), ("values.maybe", "missing"));

        Assert.Equal([[1], [0], [float.NaN]], (await DataFolder.Read(definition)).Select(s => s.Targets));
    }

    [Fact]
    public async Task A_majority_of_rows_can_decide()
    {
        _folder.AddImages("a.png");
        var list = _folder.Write("l.csv", "image,A,B\na.png,1,1\na.png,0,1\na.png,0,\n");

        var sample = Assert.Single(
            await DataFolder.Read(_folder.Definition("csv", list, LabelTask.MultiLabel, ["A", "B"], ("rows", "majority"))));
        Assert.Equal([0, 1], sample.Targets);
    }

    [Theory]
    [InlineData("rows", "some", "'some' is unknown")]
    [InlineData("patient_pattern", "(", "is no pattern that can be used")]
    [InlineData("patient_pattern", @"(a)\1", "is no pattern that can be used")]
    [InlineData("image_path", "images/a.png", "names no image")]
    [InlineData("splits.dev", "x", "is no split")]
    [InlineData("uncertain", "lsr", "'lsr' is unknown")]
    public void A_setting_that_cannot_be_used_is_refused_by_its_key(string key, string value, string problem)
    {
        var e = Assert.Throws<ArkInputException>(() => new DatasetAdapterRegistry().Create(
            _folder.Definition("csv", "l.csv", LabelTask.Binary, ["A"], (key, value))));
        Assert.Contains($"key 'settings.{key}'", e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_may_leave_the_data_folder_only_by_option()
    {
        _folder.AddImages();
        _folder.Write("outside.png", "");
        var list = _folder.Write("l.txt", "../outside.png 1\n");
        var definition = _folder.Definition("image-list", list, LabelTask.Binary, ["A"]);

        Assert.Contains(
            "leads outside",
            (await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(definition))).Message,
            StringComparison.Ordinal);
        Assert.Single(await DataFolder.Read(definition with { Settings = new Dictionary<string, string> { ["allow_outside"] = "true" } }));
    }

    private async Task Reads(
        string adapter, string file, LabelTask task, string[] labels, string text,
        params (string Image, float[] Targets, string? Patient)[] expected)
    {
        _folder.AddImages(expected.Select(e => e.Image));

        var samples = await DataFolder.Read(_folder.Definition(adapter, _folder.Write(file, text), task, labels));

        Assert.Equal(expected.Select(e => Path.Combine(_folder.Images, e.Image)), samples.Select(s => s.Image.Name));
        Assert.Equal(expected.Select(e => e.Targets), samples.Select(s => s.Targets));
        Assert.Equal(expected.Select(e => e.Patient), samples.Select(s => s.PatientId));
        Assert.All(samples, s => Assert.EndsWith(file, s.Place!.Value.File, StringComparison.Ordinal));
    }
}
