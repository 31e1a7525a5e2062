import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('staging', '0007_assign_tag_note'),
    ]

    operations = [
        migrations.AddField(
            model_name='stagedorder',
            name='words',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), default=list, editable=False, size=None),
        ),
        migrations.AddIndex(
            model_name='stagedorder',
            index=django.contrib.postgres.indexes.GinIndex(fields=['words'], name='order_words'),
        ),
        migrations.RemoveIndex(
            model_name='stagedorder',
            name='order_tags',
        ),
        migrations.AddIndex(
            model_name='stagedorder',
            index=django.contrib.postgres.indexes.GinIndex(fields=['tags'], name='order_tags'),
        ),
    ]
